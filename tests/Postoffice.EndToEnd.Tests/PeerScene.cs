namespace Postoffice.EndToEnd.Tests;

/// <summary>A site of ours and a server of others, each of which hands the other its mail. What waits with us is tried again by <c>runq</c> only.</summary>
internal sealed class PeerScene<TPeer>(Site site, TPeer peer, int port) : IAsyncDisposable
    where TPeer : PeerServer
{
    public Site Site => site;

    public TPeer Peer => peer;

    /// <summary>Where <see cref="Peer"/> listens.</summary>
    public int Port => port;

    public async Task StartAsync()
    {
        site.Certify();
        await peer.StartAsync(port, site.Port);
        await site.StartListenerAsync();
        await site.StartRunnerAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await peer.DisposeAsync();
        await site.DisposeAsync();
    }
}

internal static class PeerScene
{
    /// <summary>Both are started; <paramref name="peer"/> ends with the scene, or at once where something does not start.</summary>
    public static async Task<PeerScene<TPeer>> WithAsync<TPeer>(TPeer peer)
        where TPeer : PeerServer
    {
        var port = Site.FreePort();
        var scene = new PeerScene<TPeer>(new Site($"route=real.test:127.0.0.1:{port}", "retry=1h"), peer, port);
        try
        {
            await scene.StartAsync();
            return scene;
        }
        catch
        {
            await scene.DisposeAsync();
            throw;
        }
    }
}
