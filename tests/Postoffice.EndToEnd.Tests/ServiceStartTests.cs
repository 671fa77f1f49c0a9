using System.Diagnostics;
using Postoffice.Testing;

namespace Postoffice.EndToEnd.Tests;

/// <summary>The services started by sendmail's options, as init scripts of old do.</summary>
public sealed class ServiceStartTests : SiteTests
{
    protected override Task StartAsync()
    {
        Assert.True(Environment.UserName == "root", "only root may start the services so: run this test as root");
        return Task.CompletedTask;
    }

    protected override async Task StopAsync()
    {
        foreach (var service in new[] { "postoffice-smtpd", "postoffice-runner" })
        {
            foreach (var pid in Running(service)) await Outcome.OfAsync("kill", [$"{pid}"]);
            await Eventually.HoldsAsync(() => Running(service).Count == 0, () => $"the end of {service}");
        }
    }

    [Theory]
    [InlineData("sendmail", "-bd")]
    [InlineData("smtpd")]
    public async Task Detached_the_listener_goes_on_when_the_program_has_ended(string program, params string[] arguments)
    {
        (await Site.RunAsync(program, arguments)).Succeeded(); // which reads the streams to their end: the listener does not hold them
        await Eventually.HoldsAsync(() => File.Exists(Site.File("submit.sock")), () => "a listener on the submission socket");
        Assert.Single(Running("postoffice-smtpd"));
        Assert.Empty(Running("postoffice-runner"));
    }

    [Theory]
    [InlineData("sendmail", "-bD")]
    [InlineData("smtpd", "-d")]
    [InlineData("postoffice", "-q5m", "-bD", "-a")]
    public async Task In_the_foreground_the_program_becomes_the_listener(string program, params string[] arguments)
    {
        await using var listener = Service.Start(Service.Program(program), ["-C", Site.Configuration, .. arguments]);
        await listener.SaysAsync("ready");
        Assert.Equal([listener.Id], Running("postoffice-smtpd"));
        if (arguments.Contains("-q5m")) await Eventually.HoldsAsync(() => Running("postoffice-runner").Count == 1, () => "a runner");
        Assert.Equal(0, await listener.StopAsync());
    }

    [Theory]
    [InlineData("-bd")]
    [InlineData("-bD")]
    [InlineData("-q15m")]
    public async Task Nobody_but_root_may(string option)
    {
        using var reachable = new TempDirectory(); // for every user, wherever the checkout lies
        var binaries = reachable.File("bin");
        (await Outcome.OfAsync("cp", ["-r", "-P", Service.Program(""), binaries])).Succeeded();
        (await Outcome.OfAsync("chmod", ["-R", "a+rX", reachable.Path])).Succeeded();

        var run = await Outcome.OfAsync(
            OutsideProgram.Require("setpriv"), ["--reuid", "games", "--regid", "games", "--clear-groups", Path.Join(binaries, "sendmail"), option]);

        Assert.Equal(77, run.ExitCode);
        Assert.Contains("Permission denied", run.Error);
    }

    [Fact]
    public async Task A_signal_that_ends_sendmail_leaves_nothing_half_sent()
    {
        var start = new ProcessStartInfo(Service.Program("sendmail"), ["-C", Site.Configuration, Site.User]) { RedirectStandardInput = true, UseShellExecute = false };
        using var sendmail = Process.Start(start)!;
        await sendmail.StandardInput.WriteAsync("Subject: half\n\nnot all of it");
        await sendmail.StandardInput.FlushAsync();
        (await Outcome.OfAsync("kill", [$"{sendmail.Id}"])).Succeeded();
        await sendmail.WaitForExitAsync();

        Assert.NotEqual(0, sendmail.ExitCode);
        Assert.Empty(Directory.GetFiles(Site.DropDirectory));
    }

    [Fact]
    public async Task The_queue_looks_the_same_with_v_and_every_result_is_logged_with_its_queue_id()
    {
        await Site.StartListenerAsync();
        (await Site.SendmailAsync("Subject: hi\n\nhello\n", Site.User)).Succeeded();
        var queue = (await Site.RunAsync("mailq")).Succeeded();
        Assert.Contains(Site.User, queue);
        Assert.Equal(queue, (await Site.RunAsync("mailq", "-v")).Succeeded());

        var runner = await Site.StartRunnerAsync();
        await Site.MailAsync(1);
        var id = (await Site.PostofficeAsync("history", "--json")).Succeeded().Split('"').SkipWhile(word => word != "queueId").ElementAt(2);
        await runner.SaysAsync($"{id} {Site.User} delivered, ");
    }

    /// <summary>Processes of this site's configuration, deliverers apart.</summary>
    private List<int> Running(string program) =>
    [
        .. Directory.GetDirectories("/proc").Select(Path.GetFileName).Where(name => int.TryParse(name, out _)).Select(name => int.Parse(name!)).Where(pid =>
        {
            try
            {
                var words = File.ReadAllText($"/proc/{pid}/cmdline").Split('\0');
                return words[0].EndsWith(program, StringComparison.Ordinal) && words.Contains(Site.Configuration) && !words.Contains("--deliver");
            }
            catch (IOException)
            {
                return false; // it has ended
            }
        }),
    ];
}
