using System.Text;
using Postoffice.Smtp.Dialogue;
using Postoffice.Store.Content;
using Postoffice.Store.Log;
using Postoffice.Store.Mail;
using Postoffice.Store.Wire;

namespace Postoffice.Smtp.Intake;

/// <summary>
/// Content on its way into the store: counted, its header looked at, kept within the limits. Once something is wrong nothing more is
/// stored, but reading goes on to the true end, so that the client and we agree where the next command begins.
/// </summary>
internal sealed class ContentIntake(QueueId id, IContentStaging staging, FreeSpace space, ListenerOptions options) : IAsyncDisposable
{
    private const long SpaceCheckEvery = 1 << 20;
    private Reply? refusal;
    private long nextSpaceCheck = SpaceCheckEvery;

    public QueueId Id { get; } = id;
    public HeaderScanner Header { get; } = new();
    public long Octets { get; private set; }

    /// <summary>There are octets above 127.</summary>
    public bool IsEightBit { get; private set; }

    /// <summary>For content counted out by BDAT, whose defects are looked for apart from its framing.</summary>
    public ContentScanner Lines { get; init; } = new();

    public async ValueTask TakeAsync(ReadOnlyMemory<byte> octets)
    {
        if (octets.IsEmpty) return;
        Octets += octets.Length;
        IsEightBit = IsEightBit || !Ascii.IsValid(octets.Span);
        Header.Scan(octets.Span);
        refusal = OverLimit() ?? refusal; // too large is for good, whatever the store said before: it does not hang on how the octets came
        if (refusal is not null) return;
        try
        {
            await staging.WriteAsync(octets, CancellationToken.None);
        }
        catch (StoreUnavailableException trouble)
        {
            refusal = Replies.For(trouble.Trouble);
        }
    }

    /// <summary>What is wrong with the complete content; null when nothing is.</summary>
    /// <param name="defects">Of its lines.</param>
    public Reply? Judge(ContentDefects defects) => defects switch
    {
        _ when defects.HasFlag(ContentDefects.BareCr) || defects.HasFlag(ContentDefects.BareLf) => Replies.BareLineEndInContent,
        _ when defects.HasFlag(ContentDefects.Nul) => Replies.NulInContent,
        _ when defects.HasFlag(ContentDefects.LongLine) => Replies.LongLineInContent,
        _ when Header.Received > options.MaxHops => Replies.TooManyHops,
        _ => refusal,
    };

    /// <exception cref="StoreUnavailableException">The last chunk could not be written.</exception>
    public ValueTask<StagedContent> CompleteAsync() => staging.CompleteAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        try
        {
            await staging.DisposeAsync();
        }
        catch (StoreUnavailableException)
        {
            // What was staged stays an orphan, which the store sweeps; the client has its answer already.
        }
    }

    private Reply? OverLimit()
    {
        if (options.MaxMessageOctets > 0 && Octets > options.MaxMessageOctets) return Replies.TooLarge;
        if (Header.Octets > options.MaxHeaderOctets) return Replies.HeaderTooLarge;
        if (Octets < nextSpaceCheck) return null;
        nextSpaceCheck = Octets + SpaceCheckEvery;
        return space.Fits(0) ? null : Replies.StoreFull;
    }
}
