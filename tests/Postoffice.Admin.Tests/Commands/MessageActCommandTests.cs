using Microsoft.Extensions.Logging.Abstractions;
using Postoffice.Admin.Commands;
using Postoffice.Store.Control;
using Postoffice.Store.Events;
using Postoffice.Store.Mail;
using Postoffice.Testing;

namespace Postoffice.Admin.Tests.Commands;

/// <summary>What an operator does with messages: on the store itself while no runner runs, or by asking one.</summary>
public sealed class MessageActCommandTests : IDisposable
{
    private readonly TempStore temp = new();
    private readonly TempDirectory directory = new();

    public MessageActCommandTests()
    {
        using var file = new StreamWriter(new FileStream(directory.File("cf"), FileMode.CreateNew));
        file.Write($"hostname=mx.example.test\ncontrol={directory.Path}\nstore={temp.Options.Path}\n");
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        temp.Dispose();
        directory.Dispose();
    }

    [Fact]
    public async Task Without_a_runner_whoever_may_open_the_store_records_it_himself()
    {
        var id = await temp.Store.AcceptAsync(Ct);
        Assert.Equal(new ProgramRun(0, $"{id}: held\n", ""), await PostofficeAsync("", "hold", $"{id}", "--reason", "to see"));
        Assert.Equal("to see", Assert.IsType<MessageHeld>(await LastAsync(id)).Reason);
        Assert.Contains("held by ", (await PostofficeAsync("", "queue")).Output);
        Assert.Contains("held by ", (await PostofficeAsync("", "history")).Output);

        await PostofficeAsync("", "reroute", $"{id}", "--to", "[2001:db8::1]:2525", "--reason", "down");
        Assert.Contains("goes to [2001:db8::1]:2525 (", (await PostofficeAsync("", "queue")).Output);
        Assert.Equal(new ProgramRun(0, $"{id}: goes by the configuration again\n", ""), await PostofficeAsync("", "reroute", $"{id}", "--clear"));
        Assert.Equal(new ProgramRun(0, $"{id}: released\n", ""), await PostofficeAsync("", "release", $"{id}"));
        Assert.Equal(new ProgramRun(0, $"{id}: cancelled: 1 recipient\n", ""), await PostofficeAsync("", "cancel", $"{id}", "--reason", "spam"));

        var trace = (await PostofficeAsync("", "trace", $"{id}")).Output;
        Assert.Matches(@"message-rerouted\.v1\n    to \[2001:db8::1\]:2525 by \w+: down\n", trace);
        Assert.Matches(@"message-cancelled\.v1\n    by \w+: spam\n    recipient 1: cancelled\n", trace);
        Assert.Contains("cancelled by ", (await PostofficeAsync("", "history", "--status", "cancelled")).Output);
    }

    [Fact]
    public async Task Only_a_runner_can_expire_since_it_tells_the_sender()
    {
        var id = await temp.Store.AcceptAsync(Ct);
        var run = await PostofficeAsync("", "expire", $"{id}");
        Assert.Equal((69, ""), (run.ExitCode, run.Output));
        Assert.Contains("postoffice-runner", run.Error);
    }

    [Fact]
    public async Task Of_several_one_that_is_unknown_is_told_and_the_others_are_done()
    {
        var first = await temp.Store.AcceptAsync(Ct);
        var last = await temp.Store.AcceptAsync(Ct);
        var run = await PostofficeAsync("", "hold", $"{first}", "000000000000", $"{last}");
        Assert.Equal(66, run.ExitCode);
        Assert.Equal($"{first}: held\n{last}: held\n2 of 3 messages changed\n", run.Output);
        Assert.Equal("postoffice: 000000000000: is unknown: the journal has no such message\n", run.Error);
    }

    [Theory]
    [InlineData("hold")]
    [InlineData("release")]
    [InlineData("cancel")]
    public async Task A_word_that_cannot_be_seen_is_named_all_the_same(string verb)
    {
        var empty = await PostofficeAsync("", verb, "");
        Assert.Equal((64, "postoffice: an empty word is not a queue id: these have 12 letters and digits\n"), (empty.ExitCode, empty.Error));
        var trace = await PostofficeAsync("", "trace", "");
        Assert.Equal((64, "postoffice: An empty word is not a queue id: these have 12 letters and digits. See postoffice history.\n"), (trace.ExitCode, trace.Error));
        Assert.Equal("postoffice: \\x1B[2J\\x00: is not a queue id: these have 12 letters and digits\n", (await PostofficeAsync("\u001b[2J\0\n", verb, "-")).Error);
    }

    [Fact]
    public async Task What_mailq_prints_can_be_read_as_ids()
    {
        var ids = new List<QueueId>();
        for (var i = 0; i < 205; i++) ids.Add(await temp.Store.AcceptAsync(Ct)); // more than one question holds
        var listed = (await PostofficeAsync("", "queue", "--json")).Output;
        var run = await PostofficeAsync(listed, "hold", "-");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.EndsWith("205 of 205 messages changed\n", run.Output);
        Assert.Equal(205, temp.Store.Queue.All(null).Count(entry => entry.Held is not null));
    }

    [Theory]
    [InlineData("0A1B2C3D4E5F\n0A1B2C3D4E5G", "0A1B2C3D4E5F 0A1B2C3D4E5G")]
    [InlineData(" *0A1B2C3D4E5F* !0A1B2C3D4E5G!\r\n\n", "0A1B2C3D4E5F 0A1B2C3D4E5G")]
    [InlineData("{\"queueId\":\"0A1B2C3D4E5F\",\"sender\":\"x\"}\n{\"no\":1}\n{broken\n", "0A1B2C3D4E5F {\"no\":1} {broken")]
    [InlineData("", "")]
    public async Task Ids_come_as_words_or_as_objects(string text, string ids)
    {
        using var input = new MemoryStream(Octets.Of(text));
        Assert.Equal(ids, string.Join(' ', await QueueIdLines.ReadAsync(input, Ct).ToListAsync(Ct)));
    }

    [Fact]
    public async Task With_nothing_to_read_there_is_nothing_to_do() => Assert.Equal(64, (await PostofficeAsync("", "hold", "-")).ExitCode);

    [Fact]
    public async Task A_runner_that_runs_is_asked_and_told_everything()
    {
        ControlRequest? asked = null;
        await using var runner = await StartAsync(request =>
        {
            asked = request;
            return [new ControlAnswer { Act = new ActEntry("0A1B2C3D4E5F", true, "expired: 1 recipient", 0) }, ControlAnswer.Ended()];
        });
        var run = await PostofficeAsync("", "expire", "0A1B2C3D4E5F", "--recipient", "bob@example.test", "--reason", "gone", "--json");
        Assert.Equal(new ProgramRun(0, """{"queueId":"0A1B2C3D4E5F","changed":true,"words":"expired: 1 recipient","exitCode":0}""" + "\n", ""), run);
        Assert.Equal((ControlRequest.Expire, "bob@example.test", "gone"), (asked!.Ask, asked.Order!.Recipient, asked.Order.Reason));
        Assert.Equal(["0A1B2C3D4E5F"], asked.Order.Ids);
    }

    [Fact]
    public async Task What_is_refused_as_a_whole_is_said_once()
    {
        await using var runner = await StartAsync(_ => [ControlAnswer.Ended(77, "This is for root.")]);
        Assert.Equal(new ProgramRun(77, "", "postoffice: This is for root.\n"), await PostofficeAsync("", "hold", "0A1B2C3D4E5F"));
    }

    private Task<ProgramRun> PostofficeAsync(string input, params string[] line) => ProgramRun.Of("postoffice", input, [.. line, "-C", directory.File("cf")]);

    private async Task<QueueEvent> LastAsync(QueueId id) => (await temp.Store.Events.ReadAsync(StreamId.Message(id), 0, Ct))[^1].Fact;

    private async Task<ControlServer> StartAsync(Func<ControlRequest, ControlAnswer[]> answers)
    {
        var server = ControlServer.Start(
            new ControlOptions { Directory = directory.Path }, "runner.sock", temp.Store, TimeProvider.System, NullLogger.Instance,
            (request, _, _) => answers(request).ToAsyncEnumerable());
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
