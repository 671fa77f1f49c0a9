using System.Text.Json;
using Postoffice.Store.Control;
using Postoffice.Store.Events;
using Postoffice.Store.Mail;
using Postoffice.Store.Queries;
using Postoffice.Testing;

namespace Postoffice.Store.Tests.Queries;

/// <summary>Lists show the journal's last fact, whether the rows have followed or not.</summary>
public sealed class QueriesTests : IDisposable
{
    private readonly TempStore temp = new();
    private readonly Mails mails;

    public QueriesTests() => mails = new Mails(temp);

    public void Dispose() => temp.Dispose();

    [Fact]
    public async Task The_queue_is_the_same_from_rows_and_from_facts()
    {
        await ManyAsync();
        var fromFacts = Text(temp.Store.Queue.All());
        Assert.Equal(3, fromFacts.Count);
        await mails.FollowAsync();
        Assert.Equal(fromFacts, Text(temp.Store.Queue.All()));
        Assert.Equal(3, temp.Store.Queue.Count());
    }

    [Fact]
    public async Task The_history_is_the_same_from_rows_from_facts_and_from_both()
    {
        await ManyAsync();
        var fromFacts = Text(temp.Store.History.Search(new HistoryFilter()));
        Assert.Equal(4, fromFacts.Count);
        await temp.Store.Projections.CatchUpAsync(3, TestContext.Current.CancellationToken);
        Assert.Equal(fromFacts, Text(temp.Store.History.Search(new HistoryFilter())));
        await mails.FollowAsync();
        Assert.Equal(fromFacts, Text(temp.Store.History.Search(new HistoryFilter())));
    }

    [Theory]
    [InlineData("from=alice@example.net", 3)]
    [InlineData("from=<>", 1)]
    [InlineData("from=*@EXAMPLE.net", 3)]
    [InlineData("to=bob@example.test", 3)]
    [InlineData("to=b_b@example.test", 0)]
    [InlineData("to=b%", 0)]
    [InlineData("to=b%*", 0)]
    [InlineData("to=*_*", 1)]
    [InlineData("to=x' OR 1=1", 0)]
    [InlineData("from=\"x'/**/UNION/**/SELECT/**/1--\"@a.com", 0)]
    [InlineData("status=delivered", 1)]
    [InlineData("status=failed", 1)]
    [InlineData("status=pending", 3)]
    [InlineData("status=held", 1)]
    [InlineData("uid=1000", 1)]
    [InlineData("limit=2", 2)]
    public async Task Filters_mean_what_they_say_and_nothing_more(string asked, int count)
    {
        await ManyAsync();
        var value = asked[(asked.IndexOf('=') + 1)..];
        var filter = asked.Split('=')[0] switch
        {
            "from" => new HistoryFilter { From = value },
            "to" => new HistoryFilter { To = value },
            "status" => new HistoryFilter { Status = value },
            "uid" => new HistoryFilter { SubmittedBy = uint.Parse(value) },
            _ => new HistoryFilter { Limit = int.Parse(value) },
        };
        Assert.Equal(count, temp.Store.History.Search(filter).Count());
        await mails.FollowAsync();
        Assert.Equal(count, temp.Store.History.Search(filter).Count());
        Assert.Equal(4, temp.Store.History.Search(new HistoryFilter()).Count());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_recipient_in_doubt_shows_so_until_a_later_attempt_knows(bool fromRows)
    {
        using var place = new TempStore();
        var store = place.Store;
        var id = await store.AcceptAsync(default, null, "bob@example.test", "carol@example.test");
        await store.AttemptAsync(id, OutcomeKind.InDoubt, default, next: Cast.Noon);

        Assert.Equal("in-doubt 1, pending 0", await StandingsAsync(status: "in-doubt"));
        Assert.Equal("in-doubt 1, pending 0", await StandingsAsync(status: "pending"));
        await store.AttemptAsync(id, OutcomeKind.Delivered, default);
        Assert.Equal("delivered 2, pending 0", await StandingsAsync(status: "delivered"));
        Assert.Empty(store.History.Search(new HistoryFilter { Status = "in-doubt" }));

        async Task<string> StandingsAsync(string status)
        {
            if (fromRows) await store.CatchUpAsync(default);
            var found = Assert.Single(store.History.Search(new HistoryFilter { Status = status }));
            return string.Join(", ", found.Recipients.Select(recipient => $"{recipient.Status} {recipient.Attempts}"));
        }
    }

    [Fact]
    public async Task Times_bound_the_history()
    {
        await ManyAsync();
        await mails.FollowAsync();
        var all = temp.Store.History.Search(new HistoryFilter()).Select(entry => entry.AcceptedAt).ToList();
        Assert.Equal(all.OrderDescending(), all);
        Assert.Equal(all.Count(at => at >= all[1]), temp.Store.History.Search(new HistoryFilter { Since = all[1] }).Count());
        Assert.Equal(all.Count(at => at < all[1]), temp.Store.History.Search(new HistoryFilter { Until = all[1] }).Count());
    }

    [Fact]
    public async Task A_long_queue_comes_whole_and_in_order()
    {
        for (var i = 0; i < 120; i++) await mails.AcceptAsync("alice@example.net", "bob@example.test");
        var queued = temp.Store.Queue.All().Select(entry => entry.QueueId).ToList();
        Assert.Equal(120, queued.Distinct().Count());
        Assert.Equal(queued.Order(StringComparer.Ordinal), queued);
        await mails.FollowAsync();
        Assert.Equal(queued, temp.Store.History.Search(new HistoryFilter()).Select(entry => entry.QueueId).Reverse());
    }

    [Fact]
    public async Task A_trace_tells_every_fact_in_order()
    {
        var id = await mails.AcceptAsync("alice@example.net", "bob@example.test", uid: 1000);
        await mails.EndAsync(id, 1, OutcomeKind.Delivered, "250 2.0.0 taken");
        Assert.Equal(["message-accepted.v1", "attempt-ended.v1"], temp.Store.Trace.Of(id).Select(fact => fact.Name));
        Assert.Equal(new TraceOwner(1000), temp.Store.Trace.OwnerOf(id));
        Assert.Null(temp.Store.Trace.OwnerOf(new QueueId(1)));
    }

    [Theory]
    [InlineData("{\"broken")]
    [InlineData("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]")]
    public async Task A_damaged_row_shows_in_its_place_and_the_trace_goes_on_to_its_end(string damaged)
    {
        var id = await mails.AcceptAsync("alice@example.net", "bob@example.test", uid: 1000);
        var stream = StreamId.Message(id).Name;
        await temp.Store.Database.Writer.RunAsync(
            tx =>
            {
                tx.Run("PRAGMA ignore_check_constraints = ON");
                tx.Run("INSERT INTO event (stream, version, name, data, recorded_at_ms) VALUES (?1, 2, 'message-held.v1', ?2, 0)", stream, damaged);
                return tx.Run("PRAGMA ignore_check_constraints = OFF");
            },
            TestContext.Current.CancellationToken);
        await mails.EndAsync(id, 1, OutcomeKind.Delivered, "250 2.0.0 taken");

        var answers = new StoreAnswers(temp.Store).Answer(new ControlRequest(ControlRequest.Trace, $"{id}"), ControlRights.OfOwner(0)).ToList();

        Assert.Equal([null, damaged, null], answers.Where(answer => answer.Trace is not null).Select(answer => answer.Trace!.Damaged));
        Assert.Equal(0, answers[^1].End!.ExitCode);
    }

    [Fact]
    public async Task A_message_whose_first_row_is_damaged_is_nobodys_and_can_be_traced()
    {
        var id = new QueueId(7);
        await temp.Store.Database.Writer.RunAsync(
            tx =>
            {
                tx.Run("PRAGMA ignore_check_constraints = ON");
                tx.Run("INSERT INTO event (stream, version, name, data, recorded_at_ms) VALUES (?1, 1, 'message-accepted.v1', '{', 0)", StreamId.Message(id).Name);
                return tx.Run("PRAGMA ignore_check_constraints = OFF");
            },
            TestContext.Current.CancellationToken);
        Assert.Equal(new TraceOwner(null), temp.Store.Trace.OwnerOf(id));
        Assert.Equal("{", Assert.Single(temp.Store.Trace.Of(id)).Damaged);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("pending")]
    public async Task A_users_own_history_costs_what_he_has_sent(string? status)
    {
        await ManyAsync();
        await mails.FollowAsync();
        var filter = new HistoryFilter { SubmittedBy = 1000, Status = status };
        var plan = temp.Store.Database.Read(tx => tx.All("EXPLAIN QUERY PLAN " + HistoryQuery.Sql(filter, default, default, after: null), row => row.Text(3)));
        Assert.StartsWith("SEARCH mail USING INDEX mail_uid (uid=?", plan[0], StringComparison.Ordinal);
        Assert.DoesNotContain(plan, step => step.Contains("TEMP B-TREE", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Each_domain_of_the_queue_is_counted_with_words_last_heard()
    {
        var held = await mails.AcceptAsync("alice@example.net", "bob@example.test carol@remote.test");
        await mails.AppendAsync(held, new MessageHeld("root", "to see"));
        var waiting = await mails.AcceptAsync("alice@example.net", "bob@remote.test dave@remote.test");
        await mails.AppendAsync(waiting, new AttemptStarted(1, [1], new AttemptRoute(Transport.Smtp, "remote.test")));
        await mails.EndAsync(waiting, 1, OutcomeKind.Deferred, "451 4.3.0 later");
        await mails.AppendAsync(waiting, new AttemptStarted(2, [2], new AttemptRoute(Transport.Smtp, "remote.test")));
        var rerouted = await mails.AcceptAsync("alice@example.net", "bob@example.test");
        await mails.AppendAsync(rerouted, new MessageRerouted("root", NextHop.Parse("mx.example.net"), "down"));
        await mails.FollowAsync();

        Assert.Equal(
            [new DestinationEntry("mx.example.net:25", Waiting: 1), new DestinationEntry("remote.test", Waiting: 1, Trying: 1, Held: 1, LastReply: "451 4.3.0 later"), new DestinationEntry("example.test", Held: 1)],
            temp.Store.Destinations.Domains().Select(domain => domain.Entry));
    }

    [Fact]
    public async Task What_operators_did_is_told_the_same_by_facts_and_by_rows()
    {
        var held = await mails.AcceptAsync("alice@example.net", "bob@example.test");
        await mails.AppendAsync(held, new MessageHeld("root", "to see"));
        await mails.AppendAsync(held, new MessageRerouted("eve", NextHop.Parse("mx.example.net"), "down"));
        var ended = await mails.AcceptAsync("alice@example.net", "bob@example.test carol@example.test dave@example.test");
        await mails.EndAsync(ended, 2, OutcomeKind.Deferred, "451 4.3.0 later");
        await mails.AppendAsync(ended, new MessageHeld("root", "to see"));
        await mails.AppendAsync(ended, new MessageCancelled("eve", [1], Reason: "spam"));
        await mails.AppendAsync(ended, new RecipientExpired([2, 3], "451 4.3.0 later", "root", "dead"));

        var queue = temp.Store.Queue.All(null).ToList();
        var history = temp.Store.History.Search(new HistoryFilter()).ToList();
        await mails.FollowAsync();
        Assert.Equal(Text(queue), Text(temp.Store.Queue.All(null)));
        Assert.Equal(Text(history), Text(temp.Store.History.Search(new HistoryFilter())));
        Assert.All(["mail_history", "due_delivery"], name => Assert.True(temp.Store.Projections.Verify(name, null, TestContext.Current.CancellationToken).IsClean));

        Assert.Equal(("root: to see", "mx.example.net:25 (eve: down)"), (Assert.Single(queue).Held, queue[0].Rerouted));
        Assert.Null(history[0].Held); // finished: nothing is held any more
        Assert.Equal(["cancelled", "expired", "expired"], history[0].Recipients.Select(recipient => recipient.Status));
        Assert.Equal("cancelled by eve: spam", history[0].Recipients[0].LastReply);
        Assert.Equal("expired by root: dead; last heard: 451 4.3.0 later", history[0].Recipients[1].LastReply);
        Assert.Single(temp.Store.History.Search(new HistoryFilter { Status = "cancelled" }));
        Assert.Single(temp.Store.History.Search(new HistoryFilter { Status = "held" }));
    }

    [Fact]
    public async Task A_hold_of_what_has_ended_shows_neither_by_facts_nor_by_rows()
    {
        var ended = await mails.AcceptAsync("alice@example.net", "bob@example.test");
        await mails.EndAsync(ended, 1, OutcomeKind.Delivered, "250 2.0.0 ok");
        await mails.AppendAsync(ended, new MessageHeld("postoffice-runner", "cannot be processed"));

        Assert.Null(Assert.Single(temp.Store.History.Search(new HistoryFilter())).Held);
        await mails.FollowAsync();
        Assert.Null(Assert.Single(temp.Store.History.Search(new HistoryFilter())).Held);
    }

    [Fact]
    public async Task What_was_heard_of_one_recipient_is_not_told_of_another_whose_time_ran_out_with_his()
    {
        var id = await mails.AcceptAsync("alice@example.net", "bob@example.test carol@example.test");
        await mails.EndAsync(id, 1, OutcomeKind.Deferred, "451 4.3.0 later");
        await mails.AppendAsync(id, new RecipientExpired([1, 2], "451 4.3.0 later"));

        var history = temp.Store.History.Search(new HistoryFilter()).ToList();
        await mails.FollowAsync();
        Assert.Equal(["451 4.3.0 later", null], history[0].Recipients.Select(recipient => recipient.LastReply));
        Assert.Equal(Text(history), Text(temp.Store.History.Search(new HistoryFilter())));
    }

    /// <summary>One pending and held, one deferred and failed, one delivered, one null sender with an odd address.</summary>
    private async Task ManyAsync()
    {
        var held = await mails.AcceptAsync("alice@example.net", "bob@example.test", uid: 1000);
        await mails.AppendAsync(held, new MessageHeld("root", "to be looked at"));
        var mixed = await mails.AcceptAsync("alice@example.net", "bob@example.test carol@example.test", uid: 1001);
        await mails.EndAsync(mixed, 1, OutcomeKind.Deferred, "451 4.3.0 later");
        await mails.EndAsync(mixed, 2, OutcomeKind.Refused, "550 5.1.1 nobody");
        var delivered = await mails.AcceptAsync("alice@example.net", "bob@example.test");
        await mails.EndAsync(delivered, 1, OutcomeKind.Delivered, "250 2.0.0 taken");
        await mails.AcceptAsync("", "odd_one@example.test");
    }

    private static List<string> Text(IEnumerable<QueueEntry> entries) => [.. entries.Select(entry => JsonSerializer.Serialize(entry, ControlJson.Lines.QueueEntry))];

    private static List<string> Text(IEnumerable<HistoryEntry> entries) => [.. entries.Select(entry => JsonSerializer.Serialize(entry, ControlJson.Lines.HistoryEntry))];
}
