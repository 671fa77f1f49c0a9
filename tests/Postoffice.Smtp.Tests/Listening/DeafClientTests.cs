using System.Text;
using Postoffice.Testing;

namespace Postoffice.Smtp.Tests.Listening;

/// <summary>Clients that say much and read nothing: their receive window is full, and no reply leaves any more.</summary>
public sealed class DeafClientTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly TempDirectory files = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_that_never_reads_gives_its_place_back(bool secured)
    {
        await using var listener = await RunningListener.StartAsync("clients=1", "timeout=1", TestCertificate.Write(files, "one.test"));
        await using var deaf = await listener.ConnectAsync(receiveBuffer: 4_096);
        await deaf.ReplyAsync();
        await deaf.AskAsync("EHLO x");
        if (secured) await deaf.SecureAsync();

        await Assert.ThrowsAnyAsync<IOException>(() => TalkAsync(deaf).WaitAsync(Patience)); // reset, since much of it was never read

        await FindPlaceAsync(listener).WaitAsync(Patience);
    }

    public void Dispose() => files.Dispose();

    /// <summary>Chunk after chunk, since each is answered and none is an offence.</summary>
    private static async Task TalkAsync(SocketClient client)
    {
        await client.SendAsync("EHLO x\r\nMAIL FROM:<a@example.net>\r\nRCPT TO:<root@example.test>\r\n");
        var chunks = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("BDAT 2\r\n\r\n", 1_000)));
        while (true) await client.Stream.WriteAsync(chunks);
    }

    /// <summary>The place is given back a moment after the connection's end.</summary>
    private static async Task FindPlaceAsync(RunningListener listener)
    {
        while (true)
        {
            await using var next = await listener.ConnectLocallyAsync();
            if ((await next.ReplyAsync()).StartsWith("220", StringComparison.Ordinal)) return;
        }
    }
}
