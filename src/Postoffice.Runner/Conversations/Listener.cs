using System.Threading.Channels;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Conversations;

/// <summary>One who listens. A slow reader loses lines and is told how many; the attempts never wait for him.</summary>
internal sealed class Listener(SwitchBoard board, uint? submittedBy) : IDisposable
{
    /// <summary>Lines kept for the reader.</summary>
    public const int MaxLines = 1_000;

    /// <summary>Characters of a line; the rest is cut off.</summary>
    public const int MaxCharacters = 512;

    private readonly Channel<string> lines = Channel.CreateBounded<string>(new BoundedChannelOptions(MaxLines) { SingleReader = true });
    private readonly Lock gate = new();
    private int lost;

    public bool MayHear(QueuedMessage message) => submittedBy is null || message.Accepted.Client.Uid == submittedBy;

    public void Hear(string line)
    {
        if (line.Length > MaxCharacters) line = $"{line[..(MaxCharacters - 1)]}…";
        lock (gate)
        {
            if (lost > 0 && lines.Writer.TryWrite(Note(lost))) lost = 0;
            if (lost > 0 || !lines.Writer.TryWrite(line)) lost++;
        }
    }

    /// <summary>The next line that is there already, or null.</summary>
    public string? TryTake()
    {
        if (lines.Reader.TryRead(out var line)) return line;
        lock (gate)
        {
            if (lost == 0) return null;
            var note = Note(lost);
            lost = 0;
            return note;
        }
    }

    /// <summary>Ends when a line is there.</summary>
    public async Task WaitAsync(CancellationToken ct) => await lines.Reader.WaitToReadAsync(ct);

    public void Dispose() => board.Leave(this);

    private static string Note(int lost) => $"({lost} lines were not read in time and are lost)";
}
