using System.Net;
using System.Net.Sockets;

namespace Postoffice.Smtp.Listening;

/// <summary>A door that is ours: bound and listening; who connects waits until we accept.</summary>
/// <param name="Name">As told in the ready line.</param>
internal sealed record BoundSocket(Socket Socket, ListenEndpoint Endpoint, string Name) : IDisposable
{
    public bool IsUnix => Socket.AddressFamily == AddressFamily.Unix;

    /// <summary>Stands in for those of the settings that are at its place, and is for what they are for.</summary>
    public BoundSocket InPlaceOf(IReadOnlyList<ListenEndpoint> settings)
    {
        var same = settings.Where(Endpoint.Covers).ToList();
        var endpoint = Endpoint with
        {
            Tls = Endpoint.Tls || same.Exists(setting => setting.Tls),
            Submission = Endpoint.Submission || same.Exists(setting => setting.Submission),
        };
        return this with { Endpoint = endpoint, Name = Socket.LocalEndPoint is IPEndPoint bound ? Doors.NameOf(bound, endpoint) : Name };
    }

    public void Dispose() => Socket.Dispose();
}

/// <summary>A door could not be opened: programs print the sentence and exit 71 (EX_OSERR, C-ADM-01).</summary>
internal sealed class CannotListenException(string message, Exception? inner = null) : Exception(message, inner);
