namespace Postoffice.EndToEnd.Tests;

/// <summary>F17 of the attack catalogue: our programs have no rights of their own to lend, and the caller's environment decides nothing.</summary>
public sealed class EnvironmentTests
{
    [Fact]
    public void No_program_is_setuid_or_setgid()
    {
        var programs = Directory.GetFiles(Service.Program(""));
        Assert.Contains(Service.Program("sendmail"), programs);
        Assert.All(programs, program => Assert.Equal(UnixFileMode.None, System.IO.File.GetUnixFileMode(program) & (UnixFileMode.SetUser | UnixFileMode.SetGroup)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_environment_of_sendmail_decides_neither_where_mail_goes_nor_who_sends_it(bool listenerRuns)
    {
        await using var site = new Site();
        var evil = Evil(site);
        string[] before = Directory.GetFileSystemEntries(evil);
        if (listenerRuns) await site.StartListenerAsync();

        (await Outcome.OfAsync("/usr/bin/env",
            [
                "-i", $"HOME={evil}", $"XDG_CONFIG_HOME={evil}", $"TMPDIR={evil}", $"PATH={evil}", "USER=mallory", "LOGNAME=mallory", "MAIL=mallory",
                "HOSTNAME=evil.example", "LOCALDOMAIN=evil.example", $"HOSTALIASES={evil}/postoffice.cf", $"NOTIFY_SOCKET={evil}/socket",
                $"POSTOFFICE_CONFIG={evil}/postoffice.cf", $"POSTOFFICE_STORE={evil}/postoffice.db", $"MAILCONF={evil}/postoffice.cf", $"MAILRC={evil}/postoffice.cf",
                "LISTEN_FDS=9", "JOURNAL_STREAM=8:1", $"DOTNET_STARTUP_HOOKS={evil}/hook.dll", $"DOTNET_BUNDLE_EXTRACT_BASE_DIR={evil}", "DOTNET_gcServer=1",
                Service.Program("sendmail"), "-C", site.Configuration, Site.User,
            ], "Subject: mine\n\nhello\n")).Succeeded();

        if (!listenerRuns) await site.StartListenerAsync(); // takes it from the drop directory
        await site.StartRunnerAsync();
        var mail = Assert.Single(await site.MailAsync(1));
        Assert.Contains($"Return-Path: <{Site.User}@mx.example.test>", mail);
        Assert.DoesNotContain("mallory", mail);
        Assert.DoesNotContain("evil", mail);
        Assert.Equal(before, Directory.GetFileSystemEntries(evil));
        Assert.Equal("", System.IO.File.ReadAllText(Path.Join(evil, "run")));
    }

    /// <summary>A folder with a configuration of its own and with programs that leave a note when they are run.</summary>
    private static string Evil(Site site)
    {
        var evil = Directory.CreateDirectory(site.File("evil")).FullName;
        System.IO.File.WriteAllLines(Path.Join(evil, "postoffice.cf"), [$"drop={evil}", $"listen=unix:{evil}/submit.sock", "hostname=evil.example", "mx.example.test evil.example"]);
        System.IO.File.WriteAllText(Path.Join(evil, "run"), "");
        foreach (var name in (string[])["sh", "sendmail", "postoffice", "postoffice-smtpd", "postoffice-runner", "getent", "hostname"])
        {
            var program = Path.Join(evil, name);
            System.IO.File.WriteAllText(program, $"#!/bin/sh\necho {name} >> {evil}/run\n");
            System.IO.File.SetUnixFileMode(program, (UnixFileMode)0b111_101_101);
        }
        return evil;
    }
}
