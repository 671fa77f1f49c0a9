using Microsoft.Extensions.Logging.Abstractions;
using Postoffice.Store.Control;
using Postoffice.Testing;

namespace Postoffice.Admin.Tests.Commands;

/// <summary>runq against a runner's control socket that answers what the test says.</summary>
public sealed class RunQueueCommandTests : IDisposable
{
    private readonly TempDirectory directory = new();
    private readonly TempStore temp = new();

    public RunQueueCommandTests()
    {
        using var file = new StreamWriter(new FileStream(directory.File("cf"), FileMode.CreateNew));
        file.Write($"hostname=mx.example.test\ncontrol={directory.Path}\nstore={directory.File("store/postoffice.db")}\n");
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        temp.Dispose();
        directory.Dispose();
    }

    [Fact]
    public async Task With_v_the_conversation_goes_to_standard_error_escaped()
    {
        await using var runner = await StartAsync(
            new ControlAnswer { Said = "192.0.2.1       OPEN 0A1B2C3D4E5F" },
            new ControlAnswer { Said = "192.0.2.1       >> 220 \u001b]0;pwned\u0007 a\\b\nfake: line" },
            new ControlAnswer { Said = "192.0.2.1       CLOSE 0A1B2C3D4E5F" },
            ControlAnswer.Ended());

        Assert.Equal(
            new ProgramRun(
                0,
                "",
                """
                192.0.2.1       OPEN 0A1B2C3D4E5F
                192.0.2.1       >> 220 \x1B]0;pwned\x07 a\\b\x0Afake: line
                192.0.2.1       CLOSE 0A1B2C3D4E5F

                """),
            await ProgramRun.Of("runq", "", "-v", "-C", directory.File("cf")));
        Assert.True(asked!.Verbose);
    }

    [Fact]
    public async Task Without_v_nothing_is_asked_for_and_nothing_is_shown()
    {
        await using var runner = await StartAsync(ControlAnswer.Ended());
        Assert.Equal(new ProgramRun(0, "", ""), await ProgramRun.Of("runq", "", "-C", directory.File("cf")));
        Assert.False(asked!.Verbose);
    }

    [Theory]
    [InlineData("runq", "-R", "remote.test", "-S", "alice")]
    [InlineData("sendmail", "-qRremote.test", "-qSalice")]
    [InlineData("postoffice", "runq", "-R", "remote.test", "--sender", "alice")]
    public async Task A_part_of_the_queue_is_asked_for_by_every_name(string name, params string[] line)
    {
        await using var runner = await StartAsync(ControlAnswer.Ended(0, "Nothing that waits fits."));
        Assert.Equal(
            new ProgramRun(0, "", $"{name}: Nothing that waits fits.\n"),
            await ProgramRun.Of(name, "", name == "postoffice" ? [.. line, "-C", directory.File("cf")] : ["-C", directory.File("cf"), .. line]));
        Assert.Equal(new RunFilter("remote.test", "alice"), asked!.Chosen);
    }

    [Fact]
    public async Task With_no_runner_to_ask_the_exit_code_is_69()
    {
        var run = await ProgramRun.Of("runq", "", "-C", directory.File("cf"));
        Assert.Equal(69, run.ExitCode);
        Assert.Contains("postoffice-runner does not run", run.Error);
        Assert.Contains("runner.sock: No such file or directory", run.Error); // .NET says: Cannot assign requested address
    }

    private ControlRequest? asked;

    private async Task<ControlServer> StartAsync(params ControlAnswer[] answers)
    {
        var server = ControlServer.Start(
            new ControlOptions { Directory = directory.Path }, "runner.sock", temp.Store, TimeProvider.System, NullLogger.Instance,
            (request, _, _) =>
            {
                asked = request;
                return answers.ToAsyncEnumerable();
            });
        while (true) // it binds in its own time
        {
            var (client, _) = await ControlClient.ConnectAsync(directory.File("runner.sock"), TimeProvider.System, Ct);
            if (client is not null)
            {
                client.Dispose();
                return server;
            }
            Ct.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
