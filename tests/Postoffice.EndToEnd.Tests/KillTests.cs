using System.Collections.Concurrent;
using MailKit.Net.Smtp;
using MimeKit;

namespace Postoffice.EndToEnd.Tests;

/// <summary>Either service may be killed at any moment: what was acknowledged arrives, and once.</summary>
public sealed class KillTests
{
    private const int Kills = 6;

    [Theory]
    [InlineData("postoffice-smtpd")]
    [InlineData("postoffice-runner")]
    [InlineData("both")]
    public async Task No_acknowledged_mail_is_lost_when_a_service_is_killed_again_and_again(string victim)
    {
        await using var site = new Site();
        var listener = await site.StartListenerAsync();
        var runner = await site.StartRunnerAsync();
        var acknowledged = new ConcurrentBag<string>();
        using var enough = new CancellationTokenSource();
        var clients = Enumerable.Range(0, 4).Select(client => Task.Run(() => SendAsync(site, client, acknowledged, enough.Token))).ToList();

        for (var kill = 1; kill <= Kills; kill++)
        {
            var wanted = kill * 25;
            await Eventually.HoldsAsync(() => acknowledged.Count >= wanted, () => $"{wanted} acknowledged messages; {acknowledged.Count} are");
            if (victim != "postoffice-runner") await listener.KillAsync();
            if (victim != "postoffice-smtpd") await runner.KillAsync();
            if (victim != "postoffice-runner") listener = await site.StartListenerAsync();
            if (victim != "postoffice-smtpd") runner = await site.StartRunnerAsync();
        }
        await enough.CancelAsync();
        await Task.WhenAll(clients);

        await Eventually.HoldsAsync(
            () => Delivered(site).Count >= acknowledged.Count && acknowledged.All(Delivered(site).Contains),
            () => $"all {acknowledged.Count} acknowledged messages; {Delivered(site).Count} are there\n{runner.Said}");
        var twice = Delivered(site).GroupBy(token => token).Where(group => group.Count() > 1).Select(group => group.Key);
        Assert.Empty(twice); // a Maildir delivery is exactly once, also across a crash
        Assert.Equal(0, (await site.PostofficeAsync("store", "check")).ExitCode);
        Assert.Equal(0, (await site.PostofficeAsync("projection", "verify")).ExitCode);
    }

    private static List<string> Delivered(Site site) => !Directory.Exists(site.MaildirNew)
        ? []
        : [.. Directory.GetFiles(site.MaildirNew).Select(file => System.IO.File.ReadLines(file)
            .First(line => line.StartsWith("Subject: ", StringComparison.Ordinal))["Subject: ".Length..])];

    /// <summary>Sends until told to stop; notes each 250, and begins anew when the connection breaks.</summary>
    private static async Task SendAsync(Site site, int client, ConcurrentBag<string> acknowledged, CancellationToken enough)
    {
        for (var number = 1; !enough.IsCancellationRequested; number++)
        {
            var token = $"{client}-{number}-{Guid.NewGuid():N}";
            using var message = new MimeMessage([MailboxAddress.Parse("alice@example.net")], [MailboxAddress.Parse(Site.Address)], token, new TextPart { Text = "hello\r\n" });
            using var smtp = new SmtpClient();
            try
            {
                await smtp.ConnectAsync("127.0.0.1", site.Port, MailKit.Security.SecureSocketOptions.None, CancellationToken.None);
                await smtp.SendAsync(message, CancellationToken.None);
                acknowledged.Add(token);
                await smtp.DisconnectAsync(quit: false, CancellationToken.None);
            }
            catch (Exception broken) when (broken is IOException or System.Net.Sockets.SocketException or SmtpProtocolException or SmtpCommandException)
            {
                // Killed in mid session or not up again yet: nothing was acknowledged, so nothing is owed.
            }
        }
    }
}
