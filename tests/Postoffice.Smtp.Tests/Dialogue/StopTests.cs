namespace Postoffice.Smtp.Tests.Dialogue;

/// <summary>What a session does when the service is told to stop.</summary>
public sealed class StopTests
{
    [Fact]
    public async Task An_idle_session_is_told_to_come_later()
    {
        using var listener = new TestListener();
        await using var client = listener.Connect();
        await client.ReplyAsync();
        await client.AskAsync("EHLO x");

        client.Session.Wire.Stop();

        Assert.Equal("421 4.3.2 Shutting down, try again later", await client.ReplyAsync());
        Assert.Null(await client.ReplyAsync());
    }

    [Fact]
    public async Task A_running_message_is_taken_first()
    {
        using var listener = new TestListener();
        await using var client = listener.Connect();
        await client.ReplyAsync();
        foreach (var line in (string[])["EHLO x", "MAIL FROM:<a@example.net>", "RCPT TO:<root@example.test>", "DATA"]) await client.AskAsync(line);
        await client.SendAsync("half"u8.ToArray());

        client.Session.Wire.Stop();
        await client.SendAsync("\r\n.\r\n"u8.ToArray());

        Assert.EndsWith("accepted", await client.ReplyAsync());
        Assert.StartsWith("421 4.3.2", await client.ReplyAsync());
        Assert.Single(await listener.AcceptedAsync());
    }
}
