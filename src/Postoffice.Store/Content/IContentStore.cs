using Postoffice.Store.Mail;

namespace Postoffice.Store.Content;

/// <summary>Message octets: written once in chunks, read as a stream, part of a message only with its acceptance.</summary>
public interface IContentStore
{
    /// <summary>Begins to take the content of a message that is not accepted yet.</summary>
    IContentStaging Stage(QueueId message);

    /// <summary>Opens the content of an accepted message; memory does not grow with its size.</summary>
    /// <returns>A stream read from the first octet on; null when the content is not there (purged, or never accepted).</returns>
    /// <exception cref="Log.StoreUnavailableException">It cannot be read now.</exception>
    ValueTask<Stream?> OpenAsync(QueueId message, CancellationToken ct);
}

/// <summary>
/// Content on its way in. Small content stays in memory and rides in the acceptance transaction; larger content is staged chunk by
/// chunk in commits of its own, so nobody holds the writer while a client dribbles. Disposing before acceptance forgets it.
/// </summary>
public interface IContentStaging : IAsyncDisposable
{
    /// <summary>The most one may last, from its first octet to the append. What is staged longer has no living owner and is swept.</summary>
    static TimeSpan Longest => TimeSpan.FromDays(1);

    /// <summary>Octets taken so far.</summary>
    long Length { get; }

    /// <summary>Where the next octets go; call <see cref="AdvanceAsync"/> when they are there.</summary>
    /// <returns>At least one octet of room, at most one chunk.</returns>
    Memory<byte> GetMemory();

    /// <summary>Takes the first <paramref name="count"/> octets of what <see cref="GetMemory"/> gave; may wait for a chunk to be written.</summary>
    /// <exception cref="Log.StoreUnavailableException">The chunk could not be written, or those before it were swept; nothing more can be added.</exception>
    ValueTask AdvanceAsync(int count, CancellationToken ct);

    /// <summary>Ends the content. The result is put into the append of the acceptance.</summary>
    ValueTask<StagedContent> CompleteAsync(CancellationToken ct);
}

public static class ContentStagingExtensions
{
    /// <summary>Copies octets in.</summary>
    /// <exception cref="Log.StoreUnavailableException">A chunk could not be written; nothing more can be added.</exception>
    public static async ValueTask WriteAsync(this IContentStaging staging, ReadOnlyMemory<byte> octets, CancellationToken ct)
    {
        while (!octets.IsEmpty)
        {
            var room = staging.GetMemory();
            var count = Math.Min(room.Length, octets.Length);
            octets[..count].CopyTo(room);
            await staging.AdvanceAsync(count, ct);
            octets = octets[count..];
        }
    }
}

/// <summary>Complete content that becomes real with an append.</summary>
/// <param name="Message">The message it belongs to.</param>
/// <param name="Length">Octets.</param>
/// <param name="Sha256">Lower-case hexadecimal.</param>
/// <param name="Inline">All octets when they ride in the acceptance; empty when they are staged in the store (or there are none).</param>
public sealed record StagedContent(QueueId Message, long Length, string Sha256, ReadOnlyMemory<byte> Inline);
