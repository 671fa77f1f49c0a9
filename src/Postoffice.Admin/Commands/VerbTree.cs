using System.CommandLine;
using Postoffice.Admin.Output;
using Postoffice.Store.Configuration;
using Postoffice.Store.Control;
using Postoffice.Store.Mail;
using Postoffice.Store.Queries;

namespace Postoffice.Admin.Commands;

/// <summary>The verbs of <c>postoffice</c>: what they are called, take and say of themselves.</summary>
internal sealed class VerbTree
{
    private readonly Screen screen;
    private readonly Option<string?> file = new("--config", "-C") { Description = "Read this configuration instead of /etc/postoffice.cf.", Recursive = true, HelpName = "FILE" };
    private readonly Option<string[]> settings = new("--option", "-o") { Description = "Set NAME=VALUE after the file was read; may be repeated.", Recursive = true, HelpName = "NAME=VALUE" };
    private readonly Option<bool> json = new("--json") { Description = "One JSON object a line, times in UTC." };
    private readonly Option<bool> utc = new("--utc") { Description = "Show times in UTC instead of local time." };

    private readonly Option<string?> reason = new("--reason") { Description = "Why: recorded for whoever asks later; the sender does not read it.", HelpName = "TEXT" };
    private readonly Option<string?> reasonTold = new("--reason") { Description = "Why: recorded, and the notification tells it to the sender, with your name.", HelpName = "TEXT" };
    private readonly Option<string?> recipient = new("--recipient") { Description = "Only this recipient: its address, or its number as trace shows it.", HelpName = "ADDRESS" };
    private readonly Option<string?> nextHop = new("--to") { Description = "The next hop: a name, or an address; an IPv6 address stands in brackets.", HelpName = "HOST[:PORT]" };
    private readonly Argument<string[]> ids = new("ID") { Description = "Queue ids; - reads them, or what mailq --json prints, from standard input.", Arity = ArgumentArity.OneOrMore };

    private VerbTree(Screen screen) => this.screen = screen;

    public static RootCommand Build(Screen screen)
    {
        var tree = new VerbTree(screen);
        var root = new RootCommand("Shows and steers what Postoffice does with mail.")
        {
            tree.file, tree.settings,
            tree.History(), tree.Trace(), tree.Queue(), tree.Destinations(), tree.RunQueue(),
            tree.Act(ControlRequest.Hold, "Keeps messages in the queue and begins no attempt for them until they are released."),
            tree.Act(ControlRequest.Release, "Lets held messages go on; they are tried at once."),
            tree.Act(ControlRequest.Cancel, "Ends messages, or one recipient of each; nobody is told, and the facts stay. What an attempt under way delivers is delivered.", tree.recipient),
            tree.Act(ControlRequest.Expire, "Ends messages, or one recipient of each, as if their time were over: the sender is told. Held ones too. Needs a running postoffice-runner.", tree.recipient),
            tree.Reroute(), tree.Projection(), tree.Store(),
        };
        RefuseEmptyValues(root);
        HelpWithExamples.Put(root);
        return root;
    }

    /// <summary>
    /// An empty value is a variable that was never set: <c>runq -R "$DOMAIN"</c> would run everything. Ids are answered for one by one, and a
    /// reason may be left open.
    /// </summary>
    private static void RefuseEmptyValues(Command command)
    {
        foreach (var option in command.Options.Where(option => option.Name != "--reason"))
        {
            option.Validators.Add(result =>
            {
                if (result.Tokens.Any(token => token.Value.Length == 0)) result.AddError($"{result.IdentifierToken?.Value ?? option.Name} is given an empty value.");
            });
        }
        foreach (var verb in command.Subcommands) RefuseEmptyValues(verb);
    }

    private Command History()
    {
        var from = new Option<string?>("--from") { Description = "Reverse-path: an address, or a pattern with * for anything; '<>' for notifications.", HelpName = "ADDRESS" };
        var to = new Option<string?>("--to") { Description = "A recipient: an address, or a pattern such as *@example.test.", HelpName = "ADDRESS" };
        var since = new Option<string?>("--since") { Description = "Accepted then or later: 2h, 7d, 2026-11-22, '2026-11-22 23:30'.", HelpName = "TIME" };
        var until = new Option<string?>("--until") { Description = "Accepted before then.", HelpName = "TIME" };
        var status = new Option<string?>("--status") { Description = $"With a recipient that is {string.Join(", ", HistoryFilter.Statuses)}.", HelpName = "STATUS" };
        status.AcceptOnlyFromAmong([.. HistoryFilter.Statuses]);
        var limit = new Option<int?>("--limit") { Description = $"At most so many messages; {HistoryCommand.TerminalLimit} on a terminal, else all.", HelpName = "N" };
        limit.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && (!int.TryParse(result.Tokens[0].Value, out var number) || number < 1)) result.AddError("--limit takes a number from 1.");
        });
        var command = new Command("history", "Messages, open and finished, newest first.") { from, to, since, until, status, limit, json, utc };
        command.SetAction(async (line, ct) =>
        {
            var time = Time(line.GetValue(utc));
            var now = screen.Clock.GetUtcNow();
            if (!TryTime(line.GetValue(since), time, now, out var first) || !TryTime(line.GetValue(until), time, now, out var last)) return ExitCode.Usage;
            var filter = new HistoryFilter
            {
                From = line.GetValue(from),
                To = line.GetValue(to),
                Since = first,
                Until = last,
                Status = line.GetValue(status),
                Limit = line.GetValue(limit),
            };
            return Ended(await new HistoryCommand(Ask(line), screen, time).RunAsync(filter, line.GetValue(json), ct));
        });
        return command;
    }

    private Command Trace()
    {
        var id = new Argument<string>("ID") { Description = "Queue id of the message, as history and mailq show it." };
        var command = new Command("trace", "Every fact of one message, in order, with the peers' words.") { id, json, utc };
        command.SetAction(async (line, ct) =>
            Ended(await new TraceCommand(Ask(line), screen, Time(line.GetValue(utc))).RunAsync(line.GetRequiredValue(id), line.GetValue(json), ct)));
        return command;
    }

    private Command Queue()
    {
        var command = new Command("queue", "What waits, oldest first; also called mailq.") { json, utc };
        command.SetAction(async (line, ct) =>
            Ended(await new QueueCommand(Ask(line), screen, Time(line.GetValue(utc))).RunAsync(line.GetValue(json), ct)));
        return command;
    }

    private Command Destinations()
    {
        var all = new Option<bool>("--all") { Description = "Also those where nothing waits: tried in the last ten minutes, or given up on for a while that is over." };
        var command = new Command("destinations", "Where mail waits or nothing is tried for now: how much, attempts under way and allowed, words last heard.") { all, json, utc };
        command.SetAction(async (line, ct) =>
            Ended(await new DestinationsCommand(Ask(line), screen, Time(line.GetValue(utc))).RunAsync(line.GetValue(all), line.GetValue(json), ct)));
        return command;
    }

    private Command RunQueue()
    {
        var destination = new Option<string?>("--destination", "-R") { Description = "Only recipients with this in their address, or in the name of the host they were last tried at.", HelpName = "TEXT" };
        var sender = new Option<string?>("--sender", "-S") { Description = "Only mail with this in its reverse-path; '<>' for notifications.", HelpName = "TEXT" };
        var id = new Option<string?>("--id", "-I") { Description = "Only messages with this in their queue id.", HelpName = "TEXT" };
        var verbose = new Option<bool>("--verbose", "-v") { Description = "Show the conversations on standard error until the attempts have ended." };
        var command = new Command("runq", "Tries now what waits, whatever its next instant is; what is held stays.") { destination, sender, id, verbose };
        command.SetAction(async (line, ct) =>
        {
            var chosen = new RunFilter(line.GetValue(destination), line.GetValue(sender), line.GetValue(id));
            return Ended(await new RunQueueCommand(Ask(line), screen).RunAsync(chosen == new RunFilter() ? null : chosen, line.GetValue(verbose), ct));
        });
        return command;
    }

    /// <summary>An operator's act on messages.</summary>
    /// <param name="more">The options this one has beside those all have.</param>
    private Command Act(string word, string description, params Option<string?>[] more)
    {
        var why = word == ControlRequest.Expire ? reasonTold : reason;
        var command = new Command(word, description) { ids, why, json };
        foreach (var option in more) command.Add(option);
        command.SetAction(async (line, ct) =>
        {
            string? Of(Option<string?> option) => more.Contains(option) ? line.GetValue(option) : null;
            var order = new MessageOrder([], line.GetValue(why), Of(recipient), Of(nextHop));
            return Ended(await new MessageActCommand(Ask(line), screen).RunAsync(word, order, line.GetRequiredValue(ids), line.GetValue(json), ct));
        });
        return command;
    }

    private Command Reroute()
    {
        var clear = new Option<bool>("--clear") { Description = "Back to the way the configuration knows." };
        var command = Act(ControlRequest.Reroute, "Sends messages by another next hop from now on; they are tried at once.", nextHop);
        command.Add(clear);
        command.Validators.Add(line =>
        {
            if (line.GetValue(nextHop) is null != line.GetValue(clear)) line.AddError("Either --to HOST[:PORT] or --clear is expected.");
        });
        return command;
    }

    private Command Projection()
    {
        var one = new Argument<string?>("NAME") { Description = "One projection; all of them when not given.", Arity = ArgumentArity.ZeroOrOne };
        var list = new Command("list", "Where each projection stands.") { json };
        list.SetAction(line => new ProjectionCommand(Settings(line), screen).List(line.GetValue(json)));
        var rebuild = new Command("rebuild", "Throws the rows away and folds them again from the journal; mail goes on.") { one, json };
        rebuild.SetAction((line, ct) => new ProjectionCommand(Settings(line), screen).RebuildAsync(line.GetValue(one), line.GetValue(json), ct));
        var verify = new Command("verify", "Folds again beside the live rows and reports differences; mail goes on.") { one, json };
        verify.SetAction((line, ct) => Task.FromResult(new ProjectionCommand(Settings(line), screen).Verify(line.GetValue(one), line.GetValue(json), ct)));
        return new Command("projection", "The tables folded from the journal.") { list, rebuild, verify };
    }

    private Command Store()
    {
        var target = new Argument<string>("FILE") { Description = "A new file." };
        var check = new Command("check", "Looks for damage: the file, the journal's order, the content of every open message.") { json };
        check.SetAction((line, ct) => Task.FromResult(new StoreCommand(Settings(line), screen).Check(line.GetValue(json), ct)));
        var backup = new Command("backup", "Writes a consistent copy while mail goes on.") { target, json };
        backup.SetAction((line, ct) => Task.FromResult(new StoreCommand(Settings(line), screen).Backup(line.GetRequiredValue(target), line.GetValue(json), ct)));
        var stats = new Command("stats", "Sizes and counts.") { json, utc };
        stats.SetAction(line => new StoreCommand(Settings(line), screen).Stats(Time(line.GetValue(utc)), line.GetValue(json)));
        return new Command("store", "The file that holds everything.") { check, backup, stats };
    }

    private Settings Settings(ParseResult line) => ConfigurationFile.Load(line.GetValue(file), line.GetValue(settings) ?? []);

    /// <summary>People read who keeps them waiting, programs do not.</summary>
    private Inquiry Ask(ParseResult line) =>
        new(Settings(line), screen.Clock, line.GetValue(json) ? null : sentence => screen.Complain("postoffice", sentence));

    private TimeText Time(bool utc) => new(utc ? TimeZoneInfo.Utc : screen.Clock.LocalTimeZone);

    private bool TryTime(string? text, TimeText time, DateTimeOffset now, out DateTimeOffset? at)
    {
        at = null;
        if (text is null) return true;
        if (!time.TryParse(text, now, out var parsed))
        {
            screen.Complain("postoffice", $"{PrintableText.Escape(text, 40)} is no time: 2h, 7d, 2026-11-22 or '2026-11-22 23:30' are.");
            return false;
        }
        at = parsed;
        return true;
    }

    private int Ended(ControlEnd end)
    {
        if (end.Why is { } why) screen.Complain("postoffice", why);
        return end.ExitCode;
    }
}
