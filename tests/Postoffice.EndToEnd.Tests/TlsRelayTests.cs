using System.Text;
using Postoffice.Testing;

namespace Postoffice.EndToEnd.Tests;

/// <summary>An operator ties mail down to a smart host: its certificate, his password, and what he sees while one of them is wrong.</summary>
public sealed class TlsRelayTests : IDisposable
{
    private const string User = "canary-user@isp.example", Password = "canary-9fK2-secret";
    private readonly TestAuthority authority = new();
    private readonly TempDirectory files = new();

    public void Dispose()
    {
        files.Dispose();
        authority.Dispose();
    }

    [Fact]
    public async Task Mail_waits_for_a_certificate_that_can_be_verified_and_the_trace_says_that_it_was()
    {
        using var certificate = authority.Issue("localhost");
        System.IO.File.WriteAllBytes(files.File("tls.pem"), TestAuthority.PemWithKey(certificate));
        System.IO.File.WriteAllText(files.File("ca.pem"), authority.Pem);
        await using var next = new Site("local-domain=remote.example", $"tls-cert={files.File("tls.pem")}");
        await using var site = new Site($"relay-host=localhost:{next.Port}", "tls-policy=localhost:verify");
        await next.StartListenerAsync();
        await site.StartListenerAsync();
        var runner = await site.StartRunnerAsync();

        (await site.SendmailAsync("Subject: private\n\nhello\n", $"{Site.User}@remote.example")).Succeeded();
        await SeenAsync(site, "no authority we trust", runner);
        Assert.DoesNotContain("delivered", (await site.PostofficeAsync("history", "--json")).Output);

        System.IO.File.AppendAllText(site.Configuration, $"tls-ca={files.File("ca.pem")}\n");
        runner.Signal("HUP");
        await DeliveredAsync(site, runner);

        var id = (await site.PostofficeAsync("history", "--json")).Output.Split("\"queueId\":\"")[1].Split('"')[0];
        var trace = (await site.PostofficeAsync("trace", id)).Succeeded();
        Assert.Matches("localhost \\[127\\.0\\.0\\.1\\], TLSv1\\.3 TLS_[A-Z0-9_]+, verified, phase done", trace);
        Assert.Contains("private", (await next.PostofficeAsync("history", "--json")).Output + System.IO.File.ReadAllText(next.StorePath + "-wal", Encoding.Latin1));
    }

    /// <summary>R05, G03 of the attack catalogue, as a client.</summary>
    [Fact]
    public async Task A_wrong_password_makes_mail_wait_until_it_is_corrected_and_is_seen_nowhere()
    {
        using var certificate = authority.Issue("localhost");
        var right = Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{User}\0{Password}"));
        await using var smartHost = new ScriptedPeer(
            "220 hi", "250-peer\r\n250 STARTTLS", ScriptedPeer.StartTls, "250-peer\r\n250 AUTH PLAIN LOGIN", ScriptedPeer.Ask, "250 ok", "250 ok", "354 go", "250 taken", "221 bye")
        {
            Certificate = certificate,
            Answer = line => line == $"AUTH PLAIN {right}" ? "235 2.7.0 welcome" : $"535 5.7.8 what is {line}?",
        };
        await using var site = new Site($"relay-host=localhost:{smartHost.Port}", $"smtp-auth={files.File("passwords")}", "retry=1h");
        WritePasswords($"{Password}-mistyped", "600");
        await site.StartListenerAsync();
        var runner = await site.StartRunnerAsync();

        (await site.SendmailAsync("Subject: paid\n\nhello\n", "bob@remote.example")).Succeeded();
        await runner.SaysAsync("localhost: PLAIN as canary-user@isp.example was refused: 535 5.7.8 ***");
        var heard = (await site.RunAsync("runq", "-v")).Error;

        WritePasswords(Password, "644");
        runner.Signal("HUP");
        await runner.SaysAsync("can be read or changed by others");
        WritePasswords(Password, "600");
        runner.Signal("HUP");
        await DeliveredAsync(site, runner);

        heard += (await site.PostofficeAsync("history", "--json")).Output;
        Assert.Contains("<< AUTH PLAIN ***", heard);
        await runner.StopAsync();
        var store = Directory.GetFiles(Path.GetDirectoryName(site.StorePath)!).Where(file => new FileInfo(file).Length > 0)
            .Select(file => System.IO.File.ReadAllText(file, Encoding.Latin1));
        string everywhere = string.Join('\n', [heard, runner.Said, .. store]);
        Assert.Contains(User, everywhere);
        foreach (var secret in new[] { Password, right, right[8..^4], Convert.ToBase64String(Encoding.UTF8.GetBytes(Password))[..^4] })
        {
            Assert.DoesNotContain(secret, everywhere);
        }
    }

    [Fact]
    public async Task A_password_file_that_others_can_read_keeps_the_runner_from_starting()
    {
        await using var site = new Site("relay-host=localhost:9", $"smtp-auth={files.File("passwords")}");
        WritePasswords(Password, "640");
        await site.StartListenerAsync();
        var runner = site.Begin("postoffice-runner");

        Assert.Equal(78, await runner.EndAsync());
        Assert.Contains("passwords can be read or changed by others: chmod 600", runner.Said);
        Assert.DoesNotContain(Password, runner.Said);
    }

    private void WritePasswords(string password, string mode)
    {
        System.IO.File.WriteAllText(files.File("passwords"), $"# smart host\nlocalhost {User} {password}\n");
        System.IO.File.SetUnixFileMode(files.File("passwords"), (UnixFileMode)Convert.ToInt32(mode, 8));
    }

    private static Task SeenAsync(Site site, string words, Service runner) => Eventually.HoldsAsync(
        () => site.RunAsync("mailq").Result.Output.Contains(words, StringComparison.Ordinal), () => $"'{words}' in mailq\n{runner.Said}");

    private static Task DeliveredAsync(Site site, Service runner) => Eventually.HoldsAsync(
        () => site.RunAsync("runq").Result.ExitCode == 0
            && site.PostofficeAsync("history", "--json").Result.Output.Contains("\"delivered\"", StringComparison.Ordinal),
        () => $"delivered in the history\n{runner.Said}");
}
