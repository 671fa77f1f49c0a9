using System.Diagnostics;
using Postoffice.Store.Native;
using Postoffice.Testing;

namespace Postoffice.EndToEnd.Tests;

/// <summary>Started as root, the services go on as the owner of the store; only the deliverer stays root, and writes as the user.</summary>
public sealed class RightsTests : IAsyncDisposable
{
    private const string Owner = "daemon";
    private const string User = "games";
    private readonly string folder = Directory.CreateTempSubdirectory("postoffice-rights-").FullName;
    private readonly List<Service> started = [];

    [Fact]
    public async Task Nobody_opens_the_store_as_root_and_a_mailbox_belongs_to_its_user()
    {
        Assert.True(Environment.UserName == "root", "this test starts services as root: run it as root");
        var (port, configuration) = Prepare();
        var listener = await StartAsync("postoffice-smtpd", configuration);
        var runner = await StartAsync("postoffice-runner", configuration);
        var deliverer = runner.Children()[0];

        Assert.Equal([Owner, Owner, "root"], new[] { listener.Id, runner.Id, deliverer }.Select(OwnerOf));
        (await Outcome.OfAsync(OutsideProgram.Require("swaks"),
            ["--server", $"127.0.0.1:{port}", "--from", "alice@example.net", "--to", $"{User}@example.test"])).Succeeded();

        var mailbox = Path.Join(folder, "mail", User);
        await Eventually.HoldsAsync(() => new FileInfo(mailbox) is { Exists: true, Length: > 0 }, () => $"mail in {mailbox}\n{runner.Said}");
        Assert.True(SafeFile.TryStat(mailbox, out var file));
        Assert.Equal((SystemUser.Find(User)!.Uid, 0x180u), (file.Uid, file.Permissions)); // 0600
        Assert.All(Directory.GetFiles(Path.Join(folder, "store")).Where(name => !name.EndsWith(".bell", StringComparison.Ordinal)), name =>
        {
            Assert.True(SafeFile.TryStat(name, out var part));
            Assert.Equal((SystemUser.Find(Owner)!.Uid, 0x180u), (part.Uid, part.Permissions));
        });
    }

    [Fact]
    public async Task An_ordinary_user_submits_as_himself_and_sees_his_own_history()
    {
        Assert.True(Environment.UserName == "root", "this test starts services as root: run it as root");
        var (_, configuration) = Prepare();
        await StartAsync("postoffice-smtpd", configuration);
        await StartAsync("postoffice-runner", configuration);
        (await Outcome.OfAsync(Service.Program("sendmail"), ["-C", configuration, User], "Subject: root's\n\nsecret\n")).Succeeded();

        (await AsUserAsync("sendmail", ["-C", configuration, "-f", "boss@example.test", User], "Subject: mine\n\nhello\n")).Succeeded();

        var mailbox = Path.Join(folder, "mail", User);
        await Eventually.HoldsAsync(
            () => System.IO.File.Exists(mailbox) && Text(mailbox).Contains("Subject: mine", StringComparison.Ordinal),
            () => $"the user's message in {mailbox}");
        Assert.Contains($"X-Authentication-Warning: mx.example.test: {User} set sender to <boss@example.test> using -f", Text(mailbox));
        var seen = (await AsUserAsync("postoffice", ["history", "-C", configuration])).Succeeded();
        Assert.Contains("boss@example.test", seen);
        Assert.DoesNotContain("root@", seen);
    }

    /// <summary>His own mail or others': it is the postmaster's to act on, or whom he names.</summary>
    [Fact]
    public async Task Only_operators_act_on_mail_and_the_fact_names_who_did()
    {
        Assert.True(Environment.UserName == "root", "this test starts services as root: run it as root");
        var (_, configuration) = Prepare("relay-host=127.0.0.1:1", "retry=1h");
        await StartAsync("postoffice-smtpd", configuration);
        var runner = await StartAsync("postoffice-runner", configuration);
        (await AsUserAsync("sendmail", ["-C", configuration, "bob@remote.example"], "Subject: mine\n\nhello\n")).Succeeded();
        var listed = (await AsUserAsync("postoffice", ["history", "--json", "-C", configuration])).Succeeded();
        var id = listed.Split("\"queueId\":\"")[1].Split('"')[0];

        foreach (string[] act in (string[][])[["hold", id], ["release", id], ["cancel", id], ["expire", id], ["reroute", id, "--clear"]])
        {
            var refused = await AsUserAsync("postoffice", [.. act, "-C", configuration]);
            Assert.Equal((77, ""), (refused.ExitCode, refused.Output));
            Assert.Equal("postoffice: This is for root, the store's owner and the users that operator= names.\n", refused.Error);
        }
        await runner.StopAsync();
        var unanswered = await AsUserAsync("postoffice", ["hold", id, "-C", configuration]);
        Assert.Equal(69, unanswered.ExitCode);
        Assert.StartsWith("postoffice: There is nobody to ask: postoffice-runner does not run", unanswered.Error);

        System.IO.File.AppendAllText(configuration, $"operator={User}\n");
        await StartAsync("postoffice-runner", configuration);
        Assert.Equal($"{id}: held\n", (await AsUserAsync("postoffice", ["hold", id, "-C", configuration])).Succeeded());
        Assert.Equal($"{id}: cancelled: 1 recipient\n", (await Outcome.OfAsync(Service.Program("postoffice"), ["cancel", id, "-C", configuration])).Succeeded());
        var trace = (await AsUserAsync("postoffice", ["trace", id, "-C", configuration])).Succeeded();
        Assert.Contains($"message-held.v1\n    by {User}\n", trace);
        Assert.Contains("message-cancelled.v1\n    by root\n", trace);
    }

    /// <summary>F17 of the attack catalogue: who runs sendmail with a library of his own runs it with his own rights; the listener asks the kernel who he is.</summary>
    [Fact]
    public async Task A_library_preloaded_into_sendmail_has_the_callers_rights_and_no_more()
    {
        Assert.True(Environment.UserName == "root", "this test starts services as root: run it as root");
        var (_, configuration) = Prepare();
        await StartAsync("postoffice-smtpd", configuration);
        await StartAsync("postoffice-runner", configuration);
        var (source, library, note) = (Path.Join(folder, "preloaded.c"), Path.Join(folder, "preloaded.so"), Path.Join(folder, "mail", "note"));
        System.IO.File.WriteAllText(source, $$"""
            #include <stdio.h>
            #include <unistd.h>
            __attribute__((constructor)) static void tell(void)
            {
                FILE *note = fopen("{{note}}", "w");
                fprintf(note, "%u %u %u %u %d", getuid(), geteuid(), getgid(), getegid(), access("{{folder}}/store/postoffice.db", F_OK));
                fclose(note);
            }
            """);
        Run(OutsideProgram.Require("clang"), "-shared", "-fPIC", "-o", library, source);

        (await Outcome.OfAsync(OutsideProgram.Require("setpriv"),
            [
                "--reuid", User, "--regid", User, "--clear-groups", "/usr/bin/env", $"LD_PRELOAD={library}", "USER=root", "LOGNAME=root", "HOME=/root",
                Program("sendmail"), "-C", configuration, User,
            ], "Subject: mine\n\nhello\n")).Succeeded();

        var user = SystemUser.Find(User)!;
        Assert.Equal($"{user.Uid} {user.Uid} {user.Gid} {user.Gid} -1", System.IO.File.ReadAllText(note));
        var mailbox = Path.Join(folder, "mail", User);
        await Eventually.HoldsAsync(() => new FileInfo(mailbox) is { Exists: true, Length: > 0 }, () => $"mail in {mailbox}");
        Assert.StartsWith($"From {User}@mx.example.test", Text(mailbox));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var service in Enumerable.Reverse(started)) await service.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>A copy that every user can reach, wherever the checkout lies.</summary>
    private string Program(string name)
    {
        var copies = Path.Join(folder, "bin");
        if (!Directory.Exists(copies)) Run("cp", "-r", "-P", Service.Program(""), copies);
        return Path.Join(copies, name);
    }

    private Task<Outcome> AsUserAsync(string program, string[] arguments, string input = "") => Outcome.OfAsync(
        OutsideProgram.Require("setpriv"), ["--reuid", User, "--regid", User, "--clear-groups", Program(program), .. arguments], input);

    /// <summary>Without .NET's own file lock, which would meet the deliverer's.</summary>
    private static string Text(string mailbox) => SafeFile.ReadText(mailbox, 1 << 20);

    private static string OwnerOf(int pid)
    {
        var line = System.IO.File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith("Uid:", StringComparison.Ordinal));
        return SystemUser.Find(uint.Parse(line.Split('\t')[2]))!.Name; // the effective one
    }

    private (int Port, string Configuration) Prepare(params string[] settings)
    {
        var port = Site.FreePort();
        var configuration = Path.Join(folder, "postoffice.cf");
        foreach (var (name, mode) in new[] { ("store", "0700"), ("run", "0755"), ("drop", "1733"), ("mail", "1777") })
        {
            var made = Directory.CreateDirectory(Path.Join(folder, name)).FullName;
            if (name != "mail") Run("chown", Owner, made);
            Run("chmod", mode, made);
        }
        Run("chmod", "0755", folder);
        System.IO.File.WriteAllLines(configuration,
        [
            $"store={folder}/store/postoffice.db", "hostname=mx.example.test", "local-domain=example.test", $"listen=127.0.0.1:{port}",
            $"listen=unix:{folder}/run/submit.sock", $"control={folder}/run", $"drop={folder}/drop", $"mailbox=mbox:{folder}/mail",
            .. settings,
        ]);
        return (port, configuration);
    }

    private async Task<Service> StartAsync(string program, string configuration)
    {
        var service = Service.Start(Service.Program(program), "-C", configuration);
        started.Add(service);
        await service.SaysAsync("ready");
        return service;
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
