using System.Text;
using Postoffice.Store.Events;
using Postoffice.Testing;

namespace Postoffice.Smtp.Tests.Listening;

/// <summary>RFC 3207 and P06, P08, P09 of the attack catalogue.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly TempDirectory files = new();

    [Fact]
    public async Task Under_tls_mail_is_taken_and_everything_said_before_is_forgotten()
    {
        await using var listener = await RunningListener.StartAsync(Certificate("one.test"));
        await using var client = await listener.ConnectAsync();
        await client.ReplyAsync();
        Assert.Contains("STARTTLS", await client.AskAsync("EHLO x"));
        await client.SecureAsync();

        Assert.StartsWith("503", await client.AskAsync("MAIL FROM:<a@example.net>"));
        Assert.DoesNotContain("STARTTLS", await client.AskAsync("EHLO y"));
        Assert.StartsWith("503", await client.AskAsync("STARTTLS"));
        foreach (var line in (string[])["MAIL FROM:<a@example.net>", "RCPT TO:<root@example.test>", "DATA"]) await client.AskAsync(line);
        Assert.EndsWith("accepted\r\n", await client.AskAsync("."));

        var origin = Assert.Single(await AcceptedAsync(listener)).Client;
        Assert.Equal(("ESMTPS", "y"), (origin.Protocol, origin.Helo));
        Assert.StartsWith("TLSv1.", origin.Tls);
    }

    [Fact]
    public async Task Plain_text_behind_STARTTLS_ends_the_connection()
    {
        await using var listener = await RunningListener.StartAsync(Certificate("one.test"));
        await using var client = await listener.ConnectAsync();
        await client.ReplyAsync();
        await client.AskAsync("EHLO x");
        await client.SendAsync("STARTTLS\r\nEHLO x\r\nMAIL FROM:<a@example.net>\r\n");
        Assert.Equal("", await client.ReplyAsync());
    }

    [Fact]
    public async Task STARTTLS_inside_a_transaction_is_out_of_place_and_with_an_argument_malformed()
    {
        await using var listener = await RunningListener.StartAsync(Certificate("one.test"));
        await using var client = await listener.ConnectAsync();
        await client.ReplyAsync();
        await client.AskAsync("EHLO x");
        Assert.StartsWith("501", await client.AskAsync("STARTTLS now"));
        await client.AskAsync("MAIL FROM:<a@example.net>");
        Assert.StartsWith("503", await client.AskAsync("STARTTLS"));
    }

    [Fact]
    public async Task Plain_text_behind_the_end_of_tls_is_never_read()
    {
        await using var listener = await RunningListener.StartAsync(Certificate("one.test"));
        await using var client = await listener.ConnectAsync();
        await client.ReplyAsync();
        await client.AskAsync("EHLO x");
        var plain = client.Stream;
        var secured = await client.SecureAsync();
        foreach (var line in (string[])["EHLO y", "MAIL FROM:<a@example.net>", "RCPT TO:<root@example.test>"]) await client.AskAsync(line);
        await client.SendAsync("BDAT 10\r\n12345");
        await secured.ShutdownAsync();
        try
        {
            await plain.WriteAsync("67890BDAT 0 LAST\r\n"u8.ToArray());
            while (await plain.ReadAsync(new byte[256]) > 0) continue;
        }
        catch (IOException)
        {
            // A reset is as good an end as any.
        }
        await using var next = await listener.ConnectAsync();
        Assert.StartsWith("220", await next.ReplyAsync());
        Assert.Empty(await AcceptedAsync(listener));
    }

    [Fact]
    public async Task A_reload_brings_the_new_certificate_and_keeps_open_sessions()
    {
        await using var listener = await RunningListener.StartAsync(Certificate("one.test"));
        await using var before = await listener.ConnectAsync();
        await before.ReplyAsync();
        await before.AskAsync("EHLO x");
        Assert.Equal("CN=one.test", (await before.SecureAsync()).RemoteCertificate!.Subject);

        Certificate("two.test");
        await listener.ReloadAsync();

        Assert.StartsWith("250", await before.AskAsync("EHLO x"));
        await using var after = await listener.ConnectAsync();
        await after.ReplyAsync();
        await after.AskAsync("EHLO x");
        Assert.Equal("CN=two.test", (await after.SecureAsync()).RemoteCertificate!.Subject);
    }

    [Fact]
    public async Task Nonsense_in_place_of_a_handshake_ends_the_connection()
    {
        await using var listener = await RunningListener.StartAsync(Certificate("one.test"));
        await using var client = await listener.ConnectAsync();
        await client.ReplyAsync();
        await client.AskAsync("EHLO x");
        Assert.StartsWith("220", await client.AskAsync("STARTTLS"));
        await client.SendAsync("EHLO x\r\nMAIL FROM:<a@example.net>\r\n");
        var rest = new byte[256];
        try
        {
            // An alert may come, a reply may not.
            for (int read; (read = await client.Stream.ReadAsync(rest)) > 0;) Assert.DoesNotContain("250", Encoding.Latin1.GetString(rest, 0, read));
        }
        catch (IOException)
        {
            // A reset is as good an end as any.
        }
    }

    [Fact]
    public async Task Silence_under_tls_ends_the_session_with_421_as_well()
    {
        await using var listener = await RunningListener.StartAsync(Certificate("one.test"), "timeout=1");
        await using var client = await listener.ConnectAsync();
        await client.ReplyAsync();
        await client.AskAsync("EHLO x");
        await client.SecureAsync();
        Assert.Equal("421 4.4.2 Timed out\r\n", await client.ReplyAsync());
        Assert.Equal("", await client.ReplyAsync());
    }

    public void Dispose() => files.Dispose();

    private static async Task<IReadOnlyList<MessageAccepted>> AcceptedAsync(RunningListener listener) =>
        [.. (await listener.Store.Events.ReadAllAsync(0, 100, TestContext.Current.CancellationToken)).Select(found => found.Fact).OfType<MessageAccepted>()];

    private string Certificate(string name) => TestCertificate.Write(files, name);
}
