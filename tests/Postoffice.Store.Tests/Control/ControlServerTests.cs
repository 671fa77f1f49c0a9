using System.Diagnostics;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Postoffice.Store.Control;
using Postoffice.Store.Mail;
using Postoffice.Store.Native;
using Postoffice.Store.Tests.Queries;
using Postoffice.Testing;

namespace Postoffice.Store.Tests.Control;

/// <summary>Who may see what, through real sockets.</summary>
public sealed class ControlServerTests : IAsyncLifetime
{
    private const uint Nobody = 65_534;
    private readonly TempDirectory directory = new();
    private readonly TempStore temp = new();
    private readonly Mails mails;
    private QueueId nobodys;
    private QueueId others;

    public ControlServerTests() => mails = new Mails(temp);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        nobodys = await mails.AcceptAsync("nobody@example.net", "bob@example.test", uid: Nobody);
        others = await mails.AcceptAsync("alice@example.net", "bob@example.test", uid: 4_242);
        Assert.Equal(0, Libc.Chmod(directory.Path, 0x1ED)); // 0755
    }

    public ValueTask DisposeAsync()
    {
        temp.Dispose();
        directory.Dispose();
        return default;
    }

    [Fact]
    public async Task The_services_own_user_sees_everything()
    {
        await using var server = Start(new ControlOptions());
        Assert.Equal(2, (await AskAsync(new ControlRequest(ControlRequest.HistoryOf))).Count(answer => answer.History is not null));
        Assert.Equal(2, (await AskAsync(new ControlRequest(ControlRequest.Queue)))[0].Count);
        Assert.Equal(2, (await AskAsync(new ControlRequest(ControlRequest.Destinations)))[0].Destination!.Waiting);
        Assert.Single(await AskAsync(new ControlRequest(ControlRequest.Trace, $"{others}")), answer => answer.Trace is not null);
        Assert.Equal(66, (await AskAsync(new ControlRequest(ControlRequest.Trace, "000000000000")))[^1].End!.ExitCode);
        Assert.Equal(64, (await AskAsync(new ControlRequest(ControlRequest.Trace, "'; DROP TABLE event")))[^1].End!.ExitCode);
        Assert.Equal(64, (await AskAsync(new ControlRequest(ControlRequest.Run)))[^1].End!.ExitCode);
    }

    [Fact]
    public async Task Another_user_sees_the_queue_and_his_own_messages()
    {
        await using var server = Start(new ControlOptions());
        var history = await AskAsNobodyAsync("""{"ask":"history"}""");
        Assert.Contains($"{nobodys}", history);
        Assert.DoesNotContain($"{others}", history);
        Assert.Contains($"{others}", await AskAsNobodyAsync("""{"ask":"queue"}"""));
        Assert.Contains("message-accepted", await AskAsNobodyAsync($$"""{"ask":"trace","id":"{{nobodys}}"}"""));
        var refused = await AskAsNobodyAsync($$"""{"ask":"trace","id":"{{others}}"}""");
        Assert.Contains("\"exitCode\":77", refused);
        Assert.Equal(refused.Replace($"{others}", "000000000000"), await AskAsNobodyAsync("""{"ask":"trace","id":"000000000000"}"""));
    }

    [Fact]
    public async Task With_queue_visible_own_another_user_sees_his_own_queue()
    {
        await using var server = Start(new ControlOptions { WholeQueueVisible = false });
        var queue = await AskAsNobodyAsync("""{"ask":"queue"}""");
        Assert.Contains($"{nobodys}", queue);
        Assert.DoesNotContain($"{others}", queue);
        Assert.Contains("\"exitCode\":77", await AskAsNobodyAsync("""{"ask":"destinations"}"""));
    }

    [Fact]
    public async Task An_operator_sees_everything()
    {
        var user = SystemUser.Find(Nobody)!.Name;
        await using var server = Start(new ControlOptions { Operators = [user] });
        Assert.Contains($"{others}", await AskAsNobodyAsync("""{"ask":"history"}"""));
    }

    [Fact]
    public async Task What_a_user_claims_about_himself_is_not_heard()
    {
        await using var server = Start(new ControlOptions());
        Assert.DoesNotContain($"{others}", await AskAsNobodyAsync("""{"ask":"history","uid":0,"history":{"submittedBy":4242}}"""));
    }

    [Fact]
    public void Groups_make_operators_too()
    {
        var options = new ControlOptions { Operators = ["@root", "@no-such-group", "no-such-user"] };
        Assert.True(options.RightsOf(0).Everything);
        Assert.False(options.RightsOf(Nobody).Everything);
        Assert.False(options.RightsOf(4_242).Everything);
        Assert.Equal(0u, SystemGroup.Find("root")!.Gid);
        Assert.Null(SystemGroup.Find("no-such-group"));
    }

    [Theory]
    [InlineData("not json\n")]
    [InlineData("null\n")]
    [InlineData("{\"ask\":\"sing\"}\n")]
    public async Task What_is_no_question_is_answered_so(string line)
    {
        await using var server = Start(new ControlOptions());
        Assert.Contains("\"exitCode\":64", await SendAsync(line));
    }

    [Fact]
    public async Task A_question_of_great_length_is_cut_off()
    {
        await using var server = Start(new ControlOptions());
        Assert.Equal("", await SendAsync(new string('x', 10_000)));
        Assert.Equal(2, (await AskAsync(new ControlRequest(ControlRequest.Queue)))[0].Count);
    }

    [Fact]
    public async Task A_second_service_takes_the_name_when_the_first_has_gone()
    {
        var first = Start(new ControlOptions());
        await AskAsync(new ControlRequest(ControlRequest.Queue));
        await using var second = Start(new ControlOptions());
        await first.DisposeAsync();
        Assert.Equal(2, (await AskAsync(new ControlRequest(ControlRequest.Queue)))[0].Count);
    }

    private ControlServer Start(ControlOptions options) =>
        ControlServer.Start(options with { Directory = directory.Path }, "runner.sock", temp.Store, TimeProvider.System, NullLogger.Instance);

    private async Task<List<ControlAnswer>> AskAsync(ControlRequest request)
    {
        using var client = await ConnectAsync();
        return await client.AskAsync(request, Ct).ToListAsync(Ct);
    }

    /// <summary>The server binds in its own time.</summary>
    private async Task<ControlClient> ConnectAsync()
    {
        while (true)
        {
            if (await ControlClient.ConnectAsync(directory.File("runner.sock"), TimeProvider.System, Ct) is ({ } client, _)) return client;
            Ct.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private async Task<string> SendAsync(string octets)
    {
        (await ConnectAsync()).Dispose();
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(directory.File("runner.sock")), Ct);
        await using var link = new NetworkStream(socket);
        await link.WriteAsync(Octets.Of(octets), Ct);
        using var answer = new StreamReader(link);
        try
        {
            return await answer.ReadToEndAsync(Ct);
        }
        catch (IOException)
        {
            return ""; // reset, with part of the question unread
        }
    }

    /// <summary>As a process of another user, whom the kernel names.</summary>
    private async Task<string> AskAsNobodyAsync(string question)
    {
        Assert.SkipUnless(Libc.GetEuid() == 0, "only root can ask as somebody else");
        (await ConnectAsync()).Dispose();
        const string program = "use IO::Socket::UNIX; my $s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die $!; print $s \"$ARGV[1]\\n\"; print while <$s>;";
        var start = new ProcessStartInfo(
            OutsideProgram.Require("setpriv"),
            [$"--reuid={Nobody}", $"--regid={Nobody}", "--clear-groups", OutsideProgram.Require("perl"), "-e", program, directory.File("runner.sock"), question])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        using var asking = Process.Start(start)!;
        var answer = await asking.StandardOutput.ReadToEndAsync(Ct);
        await asking.WaitForExitAsync(Ct);
        Assert.Equal(0, asking.ExitCode);
        return answer;
    }
}
