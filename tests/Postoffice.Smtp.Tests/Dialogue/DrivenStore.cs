using System.Text;
using Postoffice.Store.Content;
using Postoffice.Store.Events;
using Postoffice.Store.Log;
using Postoffice.Store.Mail;

namespace Postoffice.Smtp.Tests.Dialogue;

/// <summary>A store without a disk, where an append is durable when the test says so, or fails as it was told to.</summary>
/// <param name="fates">Of the appends, in order and from the start again.</param>
/// <param name="room">Octets of content after which it is full.</param>
internal sealed class DrivenStore(IReadOnlyList<Fate> fates, int room) : IEventLog, IContentStore
{
    private readonly List<(QueueId Id, Letter Letter)> durable = [];
    private TaskCompletionSource? waiting;

    /// <summary>Appends begun so far.</summary>
    public int Appends { get; private set; }

    /// <summary>An append waits for <see cref="GoOn"/>.</summary>
    public bool IsWaiting => waiting is not null;

    /// <summary>In the order of their appends.</summary>
    public IReadOnlyList<(QueueId Id, Letter Letter)> Durable => durable;

    public void GoOn()
    {
        var append = waiting!;
        waiting = null;
        append.SetResult();
    }

    public async ValueTask<AppendResult> AppendAsync(Append append, CancellationToken ct)
    {
        var fate = fates[Appends++ % fates.Count];
        waiting = new TaskCompletionSource();
        await waiting.Task;
        var message = append.Streams[0];
        switch (fate)
        {
            case Fate.Durable:
                durable.Add((append.Content!.Message, LetterOf((MessageAccepted)message.Facts[0], append.Content)));
                return new AppendResult.Appended(durable.Count);
            case Fate.LostRace: return new AppendResult.WrongVersion(message.Stream, 1);
            case Fate.Surprise: throw new InvalidOperationException("told to surprise");
            case Fate.Busy: throw new StoreUnavailableException(StoreTrouble.Busy, "told to fail");
            case Fate.Full: throw new StoreUnavailableException(StoreTrouble.Full, "told to fail");
            case Fate.Broken: throw new StoreUnavailableException(StoreTrouble.Broken, "told to fail");
            default: throw new StoreUnavailableException(StoreTrouble.Stopping, "told to fail");
        }
    }

    public ValueTask<IReadOnlyList<RecordedEvent>> ReadAsync(StreamId stream, int after, CancellationToken ct) => new([]);
    public ValueTask<IReadOnlyList<RecordedEvent>> ReadAllAsync(long after, int limit, CancellationToken ct) => new([]);
    public ValueTask<long> LastPositionAsync(CancellationToken ct) => new(0);
    public IContentStaging Stage(QueueId message) => new Staging(message, room);
    public ValueTask<Stream?> OpenAsync(QueueId message, CancellationToken ct) => new((Stream?)null);

    private static Letter LetterOf(MessageAccepted accepted, StagedContent content) => new(
        accepted.From.ToString(), string.Join(' ', accepted.Recipients.Select(recipient => recipient.To)), accepted.Body,
        accepted.Client.Protocol, accepted.Client.Helo!,
        Encoding.Latin1.GetString(content.Inline.Span));

    private sealed class Staging(QueueId message, int room) : IContentStaging
    {
        private readonly MemoryStream taken = new();
        private readonly byte[] chunk = new byte[512];

        public long Length => taken.Length;
        public Memory<byte> GetMemory() => chunk;

        public ValueTask AdvanceAsync(int count, CancellationToken ct)
        {
            taken.Write(chunk, 0, count);
            return taken.Length > room ? throw new StoreUnavailableException(StoreTrouble.Full, "told to fail") : default;
        }

        public ValueTask<StagedContent> CompleteAsync(CancellationToken ct) => new(new StagedContent(message, taken.Length, "", taken.ToArray()));
        public ValueTask DisposeAsync() => default;
    }
}
