using System.Text.Json;
using Postoffice.Store.Events;
using Postoffice.Store.Log;
using Postoffice.Store.Mail;
using Postoffice.Testing;

namespace Postoffice.Admin.Tests.Commands;

/// <summary>The verbs of <c>postoffice</c> on a store with mail in it: for people, for programs, and for who mistypes.</summary>
public sealed class VerbTests : IDisposable
{
    private readonly TempStore temp = new();
    private readonly TempDirectory directory = new();

    public VerbTests()
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

    [Theory]
    [InlineData("")]
    [InlineData("history")]
    [InlineData("trace")]
    [InlineData("queue")]
    [InlineData("destinations")]
    [InlineData("runq")]
    [InlineData("hold")]
    [InlineData("release")]
    [InlineData("cancel")]
    [InlineData("expire")]
    [InlineData("reroute")]
    [InlineData("projection")]
    [InlineData("projection list")]
    [InlineData("projection rebuild")]
    [InlineData("projection verify")]
    [InlineData("store")]
    [InlineData("store check")]
    [InlineData("store backup")]
    [InlineData("store stats")]
    public async Task Help_ends_with_an_example_of_the_verb(string verb)
    {
        var run = await ProgramRun.Of("postoffice", "", [.. verb.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains($"  postoffice {verb}", run.Output[run.Output.IndexOf("\nExamples:\n", StringComparison.Ordinal)..]);
    }

    [Theory]
    [InlineData("why 0A1B2C3D4E5F", "why is neither a verb nor an option here.", "postoffice --help")]
    [InlineData("trace", "'ID'", "postoffice trace --help")]
    [InlineData("hold", "'ID'", "postoffice hold --help")]
    [InlineData("reroute 0A1B2C3D4E5F", "Either --to HOST[:PORT] or --clear is expected.", "postoffice reroute --help")]
    [InlineData("reroute 0A1B2C3D4E5F --to mx --clear", "Either --to HOST[:PORT] or --clear is expected.", "postoffice reroute --help")]
    [InlineData("history --limit 0", "--limit takes a number from 1.", "postoffice history --help")]
    [InlineData("history --status lost", "'lost'", "postoffice history --help")]
    public async Task What_is_not_understood_is_a_sentence_and_not_a_page(string line, string sentence, string readOn)
    {
        var run = await ProgramRun.Of("postoffice", "", line.Split(' '));
        Assert.Equal((64, ""), (run.ExitCode, run.Output));
        Assert.Contains(sentence, run.Error);
        Assert.EndsWith($"postoffice: {readOn} tells what is understood.\n", run.Error);
        Assert.DoesNotContain("Options:", run.Error);
    }

    [Fact]
    public async Task On_a_terminal_the_history_is_a_table_in_which_a_peers_words_move_no_cursor()
    {
        await FailAsync();
        var table = await PostofficeAsync(isTerminal: true, "history");
        Assert.All((string[])["Queue id", "Accepted", "Status", "From", "To", "Last"], title => Assert.Contains(title, table));
        Assert.Contains("alice@", table);
        Assert.Contains("\\x1B[2J", table);
        Assert.DoesNotContain("\u001b[2J", table);
    }

    [Fact]
    public async Task Elsewhere_it_is_a_line_for_each_recipient()
    {
        var id = await FailAsync();
        var line = Assert.Single(Lines(await PostofficeAsync(isTerminal: false, "history")));
        Assert.StartsWith($"{id}  ", line);
        Assert.Contains("failed", line);
        Assert.EndsWith("alice@example.net -> bob@example.test  550 5.1.1 \\x1B[2J no such user", line);
    }

    [Fact]
    public async Task A_trace_tells_every_fact_in_order_with_times_and_the_peers_words()
    {
        var id = await FailAsync();
        var trace = await PostofficeAsync(isTerminal: false, "trace", $"{id}", "--utc");
        string[] expected =
        [
            "  message-accepted.v1\n", "    from <alice@example.net>, 22 octets, by ESMTP from 192.0.2.1 (client.example.net)\n", "    recipient 1: <bob@example.test>\n",
            "  attempt-started.v1\n", "    attempt 1 for recipient 1 by SMTP to mx.remote.test:25\n",
            "  attempt-ended.v1\n", "    exchangers by the DNS: mx1.remote.test (10), mx2.remote.\\x1Btest (20)\n", "    tried mx1.remote.test [192.0.2.9], phase greeting: 421 4.3.2 \\x1B[2J busy\n",
            "    tried mx2.remote.test, phase connect: no address\n", "    recipient 1: refused: 550 5.1.1 \\x1B[2J no such user\n",
        ];
        var at = 0;
        foreach (var words in expected)
        {
            var found = trace.IndexOf(words, at, StringComparison.Ordinal);
            Assert.True(found >= at, $"{words} is not behind what came before in\n{trace}");
            at = found;
        }
        Assert.Equal(3, Lines(trace).Count(line => System.Text.RegularExpressions.Regex.IsMatch(line, @"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} ")));
    }

    [Theory]
    [InlineData("history", "queueId")]
    [InlineData("queue", "queueId")]
    [InlineData("destinations", "waiting")]
    [InlineData("trace ID", "name")]
    [InlineData("projection list", "lag")]
    [InlineData("projection verify", "isClean")]
    [InlineData("projection rebuild", "position")]
    [InlineData("store check", "findings")]
    [InlineData("store stats", "facts")]
    [InlineData("store backup FILE", "file")]
    public async Task With_json_each_line_is_an_object(string verb, string property)
    {
        await FailAsync();
        var id = await temp.Store.AcceptAsync(Ct);
        var words = verb.Replace("ID", $"{id}", StringComparison.Ordinal).Replace("FILE", directory.File("backup"), StringComparison.Ordinal);
        var lines = Lines(await PostofficeAsync(isTerminal: true, [.. words.Split(' '), "--json"]));
        Assert.NotEmpty(lines);
        Assert.All(lines, line => Assert.True(JsonDocument.Parse(line).RootElement.TryGetProperty(property, out _), line));
    }

    [Fact]
    public async Task Destinations_are_a_table_or_a_line_each_and_their_words_move_no_cursor()
    {
        Assert.Equal("Nothing waits, and nothing was tried of late.\n", await PostofficeAsync(isTerminal: false, "destinations"));
        var id = await temp.Store.AcceptAsync(Ct, null, "bob@example.test", "carol@remote.test");
        await temp.Store.Events.AppendAsync(
            new Append(
                StreamId.Message(id),
                ExpectedVersion.At(1),
                new AttemptStarted(1, [2], new AttemptRoute(Transport.Smtp, "remote.test")),
                new AttemptEnded(1, [new RecipientOutcome(2, OutcomeKind.Deferred, Reply.Parse("451 \u001b[2J later"), NextAttemptAt: DateTimeOffset.UnixEpoch)])),
            Ct);
        await temp.Store.CatchUpAsync(Ct);

        Assert.Equal(
            [
                "example.test                      tried  waiting 1  trying 0  held 0  attempts -",
                "remote.test                       tried  waiting 1  trying 0  held 0  attempts -  451 \\x1B[2J later",
            ],
            Lines(await PostofficeAsync(isTerminal: false, "destinations")));
        var until = DateTimeOffset.UnixEpoch.AddYears(80);
        await temp.Store.Events.AppendAsync(new Append(StreamId.Destination("remote.test"), ExpectedVersion.Any, new CircuitOpened("no route to host", until)), Ct);
        await temp.Store.Events.AppendAsync(new Append(StreamId.Destination("mx.gone.test:25"), ExpectedVersion.Any, new CircuitOpened("refused", until)), Ct);
        var lines = Lines(await PostofficeAsync(isTerminal: false, "destinations", "--utc"));
        Assert.Equal("remote.test                       not tried until 2050-01-01 00:00:00 +00:00  waiting 1  trying 0  held 0  attempts -  no route to host", lines[1]);
        Assert.StartsWith("mx.gone.test:25 ", lines[2]);
        var over = DateTimeOffset.UnixEpoch.AddYears(50);
        await temp.Store.Events.AppendAsync(new Append(StreamId.Destination("mx.gone.test:25"), ExpectedVersion.Any, new CircuitOpened("refused", over)), Ct);
        Assert.Equal(2, Lines(await PostofficeAsync(isTerminal: false, "destinations")).Length); // its mail is gone, and so is the trouble
        Assert.StartsWith(
            "mx.gone.test:25                   may be tried since 2020-01-01 00:00:00 +00:00  waiting 0 ", Lines(await PostofficeAsync(isTerminal: false, "destinations", "--all", "--utc"))[2]);
        var table = await PostofficeAsync(isTerminal: true, "destinations");
        Assert.All((string[])["Destination", "Waiting", "Last heard", "remote.test", "not tried"], words => Assert.Contains(words, table));
    }

    [Fact]
    public async Task Destinations_where_nothing_waits_are_counted_and_shown_when_asked_for()
    {
        var over = DateTimeOffset.UnixEpoch.AddYears(50);
        await temp.Store.Events.AppendAsync(new Append(StreamId.Destination("mx.gone.test:25"), ExpectedVersion.Any, new CircuitOpened("refused", over)), Ct);

        Assert.Equal("Nothing waits; --all shows 1 where nothing does.\n", await PostofficeAsync(isTerminal: false, "destinations"));
        Assert.Equal("", await PostofficeAsync(isTerminal: false, "destinations", "--json"));
        Assert.Contains("\"mx.gone.test:25\"", await PostofficeAsync(isTerminal: false, "destinations", "--all", "--json"));
    }

    [Theory]
    [InlineData("runq", "-R", "")]
    [InlineData("history", "--from", "")]
    [InlineData("cancel", "0A1B2C3D4E5F", "--recipient", "")]
    [InlineData("reroute", "0A1B2C3D4E5F", "--to", "")]
    public async Task An_option_with_an_empty_value_is_named_and_nothing_is_done(params string[] words)
    {
        var run = await ProgramRun.Of("postoffice", "", [.. words, "-C", directory.File("cf")]);
        Assert.Equal((64, ""), (run.ExitCode, run.Output));
        Assert.StartsWith($"postoffice: {words[^2]} is given an empty value.\n", run.Error);
    }

    [Theory]
    [InlineData("expire", "the notification tells it to the sender")]
    [InlineData("hold", "the sender does not read it")]
    [InlineData("cancel", "the sender does not read it")]
    [InlineData("reroute", "the sender does not read it")]
    public async Task Help_tells_who_reads_the_reason(string verb, string words) =>
        Assert.Contains(words, string.Join(' ', (await PostofficeAsync(isTerminal: false, verb, "--help")).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)));

    [Theory]
    [InlineData("destinations")]
    [InlineData("destinations", "--json")]
    public async Task Destinations_say_that_nothing_is_tried_while_no_runner_runs(params string[] words)
    {
        var run = await ProgramRun.Of("postoffice", "", [.. words, "-C", directory.File("cf")]);
        Assert.Equal(0, run.ExitCode);
        Assert.Equal("postoffice: postoffice-runner does not run, so nothing is tried; this is what the store knows.\n", run.Error);
    }

    [Fact]
    public async Task A_store_whose_history_differs_from_its_facts_is_told_and_mended()
    {
        await FailAsync();
        await temp.Store.CatchUpAsync(Ct);
        await temp.Store.SqlAsync("UPDATE mail SET sender = 'mallory@example.net'");

        var verified = await ProgramRun.Of("postoffice", "", "projection", "verify", "-C", directory.File("cf"));
        Assert.Equal(1, verified.ExitCode);
        Assert.Contains("is mallory@example.net, should be alice@example.net", verified.Output);
        Assert.Contains("postoffice projection rebuild mail_history mends them", verified.Output);

        Assert.Equal("mail_history: folded again\n", await PostofficeAsync(isTerminal: false, "projection", "rebuild", "mail_history"));
        await PostofficeAsync(isTerminal: false, "projection", "verify");
    }

    [Fact]
    public async Task A_trace_tells_a_reply_that_was_taken_another_way_and_a_wait_that_was_too_long()
    {
        var id = await temp.Store.AcceptAsync(Ct);
        var putOff = new RecipientOutcome(1, OutcomeKind.Deferred, Reply.Parse("552 5.5.3 enough"), "taken as too many recipients at once", Cast.Noon.AddDays(365));
        await temp.Store.Events.AppendAsync(
            new Append(
                StreamId.Message(id),
                ExpectedVersion.At(1),
                new AttemptStarted(1, [1], new AttemptRoute(Transport.Smtp, "192.0.2.25:25")),
                new AttemptEnded(1, [putOff], "192.0.2.25", "192.0.2.25", Phase: "rcpt"),
                new WaitShortened([1], Cast.Noon)),
            Ct);

        var trace = await PostofficeAsync(isTerminal: false, "trace", $"{id}", "--utc");

        Assert.Contains("attempt 1: 192.0.2.25, phase rcpt\n", trace);
        Assert.Contains("recipient 1: deferred: 552 5.5.3 enough (taken as too many recipients at once); next attempt 2027-03-04", trace);
        Assert.Contains("recipient 1: due 2026-03-04 12:00:00", trace);
        Assert.Contains("wait-shortened.v1", await PostofficeAsync(isTerminal: false, "trace", "--json", $"{id}"));
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>A message that a next hop refused with words that mean harm to a terminal.</summary>
    private async Task<QueueId> FailAsync()
    {
        var id = await temp.Store.AcceptAsync(Ct);
        await temp.Store.Events.AppendAsync(
            new Append(
                StreamId.Message(id),
                ExpectedVersion.At(1),
                new AttemptStarted(1, [1], new AttemptRoute(Transport.Smtp, "mx.remote.test:25")),
                new AttemptEnded(1, [new RecipientOutcome(1, OutcomeKind.Refused, Reply.Parse("550 5.1.1 \u001b[2J no such user"))], Phase: "rcpt", Tried:
                [
                    new TriedHop("mx1.remote.test", "192.0.2.9", "greeting", Reply.Parse("421 4.3.2 \u001b[2J busy")),
                    new TriedHop("mx2.remote.test", null, "connect", Reason: "no address"),
                ], Resolved: [new ResolvedHost("mx1.remote.test", 10), new ResolvedHost("mx2.remote.\u001btest", 20)])),
            Ct);
        return id;
    }

    private async Task<string> PostofficeAsync(bool isTerminal, params string[] arguments)
    {
        var run = await ProgramRun.On(isTerminal, "postoffice", [], [.. arguments, "-C", directory.File("cf")]);
        Assert.True(run.ExitCode == 0, run.Error);
        return run.Output;
    }
}
