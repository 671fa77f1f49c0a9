using Polly;

namespace Postoffice.Runner.Transports;

/// <summary>
/// Commands in their order, one at a time, or many in one write to a peer that offers PIPELINING (RFC 2920). Never more at once than fit into
/// our own socket's buffer: writing does not wait for a peer that waits for us to read (§3.1). The next ones go when all replies are in, so
/// a peer that says more than it was asked is found out at each such point, as it is with a single command.
/// </summary>
internal sealed class CommandWindow(ClientSession session, IReadOnlyList<string> commands, bool isPipelined)
{
    /// <summary>Characters sent before the replies are read; a socket takes 16 KiB at the least.</summary>
    public const int MaxCharacters = 8 * 1024;

    private int sent;

    /// <summary>Whether the last command has gone out.</summary>
    public bool IsAllSent => sent == commands.Count;

    /// <summary>The reply to the next command.</summary>
    public Task<Answer> NextAsync(ResiliencePipeline phase, CancellationToken ct)
    {
        if (session.RepliesDue == 0) Fill();
        return session.NextAsync(phase, ct);
    }

    private void Fill()
    {
        var characters = 0;
        do
        {
            characters += commands[sent].Length + "\r\n".Length;
            session.Put(commands[sent++]);
        }
        while (isPipelined && !IsAllSent && characters + commands[sent].Length + "\r\n".Length <= MaxCharacters);
    }
}
