using Postoffice.Testing;

namespace Postoffice.EndToEnd.Tests;

/// <summary>A01 of the attack catalogue: what a shell would act on is an address here, taken literally or refused; no program is run for it.</summary>
public sealed class ShellTests
{
    private static readonly string[] Hostile =
    [
        "\";touch {0};\"", "\"$(touch {0})\"", "\"`touch {0}`\"", "\"|touch {0}\"", "\"> {0}\"", "\"& touch {0} &\"", "|touch${{IFS}}{0}",
        "${{run{{touch{0}}}}}", "\"../../../{0}\"", "{0}", "\":include:{0}\"",
    ];

    [Theory]
    [InlineData("maildir:{0}/%u")]
    [InlineData("mbox:{0}")]
    public async Task No_address_makes_a_listener_runner_or_deliverer_run_a_program_or_write_a_file(string mailbox)
    {
        await using var site = new Site();
        System.IO.File.AppendAllLines(site.Configuration, ["mailbox=" + string.Format(null, mailbox, site.File("mail"))]);
        var bait = site.File("bait");
        await using var listener = Traced(site, "postoffice-smtpd");
        await listener.SaysAsync("ready");
        await using var runner = Traced(site, "postoffice-runner");
        await runner.SaysAsync("ready");

        var sent = 0;
        foreach (var local in Hostile.Select(form => string.Format(null, form, bait)))
        {
            using var client = SmtpLine.Connect(site);
            client.Reply();
            client.Ask("EHLO $(touch bait)");
            Assert.StartsWith("250", client.Ask("EHLO client.example.net"));
            Assert.StartsWith("250", client.Ask($"MAIL FROM:<{local}@example.net>"));
            Assert.StartsWith("550", client.Ask($"RCPT TO:<{local}@example.test>"));
            Assert.StartsWith("250", client.Ask($"RCPT TO:<{Site.Address}>"));
            Assert.StartsWith("354", client.Ask("DATA"));
            Assert.StartsWith("250", client.Ask($"Subject: $(touch {bait})\r\nTo: |touch {bait}\r\n\r\n`touch {bait}`\r\n."));
            sent++;
        }
        Assert.StartsWith("50", Said(site, $"MAIL FROM:<;touch {bait};>"));
        (await site.SendmailAsync($"To: \"|touch {bait}\"\n\nx\n", "-f", $"\"$(touch {bait})\"@example.net", Site.User)).Succeeded();
        sent++;

        var mail = await DeliveredAsync(site, sent);
        Assert.Contains($"`touch {bait}`", mail);
        Assert.False(System.IO.Path.Exists(bait), $"{bait} was made");
        foreach (var program in (string[])["postoffice-smtpd", "postoffice-runner"])
        {
            var run = System.IO.File.ReadLines(site.File($"{program}.trace")).Where(call => call.Contains("execve(", StringComparison.Ordinal)).ToList();
            Assert.NotEmpty(run);
            Assert.All(run, call => Assert.True(IsItself(call, program), call)); // no shell, nothing else
        }
    }

    private static Service Traced(Site site, string program) => Service.Start(
        OutsideProgram.Require("strace"), "-D", "-f", "-s", "1024", "-o", site.File($"{program}.trace"), "-e", "trace=execve,execveat",
        Service.Program(program), "-C", site.Configuration);

    /// <summary>The program's own start, or the start of its deliverer.</summary>
    private static bool IsItself(string call, string program) =>
        call.Contains($" execve(\"{Service.Program(program)}\", ", StringComparison.Ordinal) || call.Contains(" execve(\"/proc/self/exe\", ", StringComparison.Ordinal);

    private static string Said(Site site, string command)
    {
        using var client = SmtpLine.Connect(site);
        client.Reply();
        client.Ask("EHLO client.example.net");
        return client.Ask(command);
    }

    /// <summary>All that was delivered, of whatever mailbox, when there are as many messages as wanted.</summary>
    private static Task<string> DeliveredAsync(Site site, int count) => Eventually.HoldsAsync(
        () => string.Concat(Directory.GetFiles(site.File("mail"), "*", SearchOption.AllDirectories).Where(IsDelivered).Select(Text)),
        mail => mail.Split('\n').Count(line => line.StartsWith("Return-Path: ", StringComparison.Ordinal)) >= count,
        mail => mail,
        () => $"{count} messages");

    /// <summary>Not still being written to a Maildir's tmp.</summary>
    private static bool IsDelivered(string file) => System.IO.Path.GetFileName(System.IO.Path.GetDirectoryName(file)) != "tmp";

    /// <summary>Without .NET's own file lock, which would meet the deliverer's.</summary>
    private static string Text(string mailbox) => Postoffice.Store.Native.SafeFile.ReadText(mailbox, 1 << 20);
}
