using Postoffice.Store.Mail;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Conversations;

/// <summary>
/// One connection in the classic layout (C-CLI-19): the peer in <see cref="PeerWidth"/> columns, then OPEN, CLOSE, <c>&lt;&lt;</c> for what is
/// sent and <c>&gt;&gt;</c> for each line of a reply; a handshake's outcome stands alone. OPEN and CLOSE name the message. Used by one session at a time.
/// </summary>
internal sealed class Conversation : IConversation
{
    /// <summary>As wide as the longest IPv4 address.</summary>
    public const int PeerWidth = 15;

    private const string Masked = "***";
    private readonly SwitchBoard board;
    private readonly QueuedMessage message;
    private readonly string peer;
    private bool isChallenged; // what is sent next answers a 334 (RFC 4954 §4): a password, mostly

    public Conversation(SwitchBoard board, QueuedMessage message, string peer)
    {
        (this.board, this.message, this.peer) = (board, message, peer);
        Say($"OPEN {message.Id}");
    }

    public void Sent(string command)
    {
        Say($"<< {(isChallenged ? Masked : WithoutSecret(command))}");
        isChallenged = false;
    }

    public void SentContent(long octets) => Say($"<< ({octets} octets of content)");

    public void Heard(Reply reply)
    {
        isChallenged = reply.Code == 334;
        var lines = isChallenged ? [Masked] : reply.Text.Split('\n'); // with its answer known, a challenge helps to guess the password
        var status = reply.Status is { } code ? $"{code} " : "";
        for (var i = 0; i < lines.Length; i++) Say($">> {reply.Code}{(i < lines.Length - 1 ? '-' : ' ')}{status}{lines[i]}");
    }

    public void Secured(string tls) => Say(tls);

    public void BeganAgain(string reason)
    {
        Closed(reason);
        Say($"OPEN {message.Id}");
    }

    public void Closed(string? reason) => Say(reason is null ? $"CLOSE {message.Id}" : $"CLOSE {message.Id}: {reason}");

    /// <summary>AUTH keeps the mechanism's name and loses the initial response (RFC 4954 §4).</summary>
    private static string WithoutSecret(string command)
    {
        if (!command.StartsWith("AUTH ", StringComparison.OrdinalIgnoreCase)) return command;
        var mechanism = command.IndexOf(' ', "AUTH ".Length);
        return mechanism < 0 ? command : $"{command[..mechanism]} {Masked}";
    }

    private void Say(string words) => board.Tell(message, $"{peer.PadRight(PeerWidth)} {words}");
}
