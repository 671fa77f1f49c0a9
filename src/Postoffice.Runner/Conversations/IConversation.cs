using Postoffice.Store.Mail;

namespace Postoffice.Runner.Conversations;

/// <summary>Told what goes over one connection, as it goes. Never waits, never throws: mail comes first.</summary>
internal interface IConversation
{
    /// <param name="command">Without CRLF; also lines that answer a challenge.</param>
    void Sent(string command);

    /// <summary>The content's octets before dot-stuffing; what they are is nobody's to see.</summary>
    void SentContent(long octets);

    /// <param name="reply">The peer's words, hostile.</param>
    void Heard(Reply reply);

    /// <summary>From here on under TLS.</summary>
    /// <param name="tls">Version, cipher suite, and whether the certificate was verified.</param>
    void Secured(string tls);

    /// <summary>The connection was given up and another one made in its place.</summary>
    void BeganAgain(string reason);

    /// <param name="reason">Why the connection was given up or never came to be; null when it ended as it should.</param>
    void Closed(string? reason);
}
