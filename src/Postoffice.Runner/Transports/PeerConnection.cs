using System.Net;

namespace Postoffice.Runner.Transports;

/// <summary>A connection whose opening is done: mail transactions go over it, one after another.</summary>
/// <param name="Line">Below the session, which closes it.</param>
/// <param name="Host">As configuration or the DNS names it.</param>
/// <param name="Offers">What the peer said it can do.</param>
internal sealed record PeerConnection(ClientSession Session, PeerLine Line, string Host, IPEndPoint EndPoint, PeerExtensions Offers) : IAsyncDisposable
{
    /// <summary>Mail transactions begun on it.</summary>
    public int Transactions { get; set; }

    /// <summary>Usable, and the peer neither hung up nor said anything since its last reply.</summary>
    public bool IsQuiet => Session.IsUsable && !Line.HasInput();

    public ValueTask DisposeAsync() => Session.DisposeAsync();
}
