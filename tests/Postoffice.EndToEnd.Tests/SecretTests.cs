using System.Text;

namespace Postoffice.EndToEnd.Tests;

/// <summary>R05, G03 of the attack catalogue: AUTH is not offered; a secret that a client sends all the same is neither logged nor stored.</summary>
public sealed class SecretTests
{
    private const string User = "canary-user@example.net";
    private const string Secret = "canary-4uT7-secret";

    private static readonly string[] Forms =
    [
        Secret, Base64(Secret), Base64($"\0{User}\0{Secret}"), Base64($"\0{User}\0{Secret}")[4..^4], Convert.ToHexString(Encoding.Latin1.GetBytes(Secret)),
    ];

    [Fact]
    public async Task A_secret_that_a_client_sends_although_nobody_asked_is_nowhere()
    {
        await using var site = new Site("max-errors=4");
        var listener = await site.StartListenerAsync();
        var runner = await site.StartRunnerAsync();
        var plain = Base64($"\0{User}\0{Secret}");

        using (var client = SmtpLine.Connect(site))
        {
            client.Reply();
            Assert.StartsWith("50", client.Ask($"AUTH PLAIN {plain}"));
            Assert.DoesNotContain("AUTH", client.Ask("EHLO client.example.net"));
            Assert.StartsWith("50", client.Ask("AUTH LOGIN"));
            Assert.StartsWith("50", client.Ask(Base64(User)));
            Assert.StartsWith("50", client.Ask(Base64(Secret)));
            Assert.StartsWith("421", client.Reply()); // a session that ends for its errors is logged
        }
        using (var client = SmtpLine.Connect(site))
        {
            client.Reply();
            Assert.StartsWith("50", client.Ask($"auth plain {plain} {new string('=', 4_000)}")); // a line too long
            client.Ask($"EHLO client.example.net");
            Assert.StartsWith("50", client.Ask($"AUTH\0PLAIN {plain}"));
            Assert.StartsWith("5", client.Ask($"MAIL FROM:<alice@example.net> PASS={Secret}"));
            client.Send(Encoding.Latin1.GetBytes($"AUTH CRAM-MD5 {Secret}")); // and gone
        }
        (await site.SwaksAsync("--from", "alice@example.net", "--to", Site.Address)).Succeeded();
        await site.MailAsync(1);

        var history = (await site.PostofficeAsync("history", "--json")).Succeeded();
        await listener.KillAsync(); // no clean-up: the write-ahead log stays as it is
        await runner.KillAsync();
        var store = Directory.GetFiles(System.IO.Path.GetDirectoryName(site.StorePath)!).Where(file => new FileInfo(file).Length > 0).ToList();
        Assert.Contains(store, file => Latin1(file).Contains("alice@example.net", StringComparison.Ordinal)); // this is how a hit would look
        foreach (var form in Forms)
        {
            Assert.DoesNotContain(form, listener.Said);
            Assert.DoesNotContain(form, runner.Said);
            Assert.DoesNotContain(form, history);
            Assert.DoesNotContain(store, file => Latin1(file).Contains(form, StringComparison.Ordinal));
        }
        Assert.Contains("421 4.7.0", listener.Said);
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.Latin1.GetBytes(text));

    private static string Latin1(string file) => Encoding.Latin1.GetString(System.IO.File.ReadAllBytes(file));
}
