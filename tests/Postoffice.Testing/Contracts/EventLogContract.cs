using System.Collections.Concurrent;
using Postoffice.Store.Content;
using Postoffice.Store.Events;
using Postoffice.Store.Leases;
using Postoffice.Store.Log;
using Postoffice.Store.Mail;
using Xunit;

namespace Postoffice.Testing.Contracts;

/// <summary>A journal with its content and leases, empty, for one test.</summary>
public interface IEngine : IAsyncDisposable
{
    IEventLog Events { get; }
    IContentStore Content { get; }
    ILeases Leases { get; }
}

/// <summary>What any engine's journal must do. An engine's test class derives from this and opens its engine.</summary>
public abstract class EventLogContract : IAsyncLifetime
{
    private readonly QueueIdSource ids = new(TimeProvider.System);
    private IEngine engine = null!;

    protected IEventLog Log => engine.Events;
    protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    protected abstract Task<IEngine> OpenAsync();

    public async ValueTask InitializeAsync() => engine = await OpenAsync();

    public async ValueTask DisposeAsync()
    {
        await engine.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task An_empty_journal_has_no_facts()
    {
        Assert.Equal(0, await Log.LastPositionAsync(Ct));
        Assert.Empty(await Log.ReadAllAsync(0, 10, Ct));
        Assert.Empty(await Log.ReadAsync(StreamId.Operator, 0, Ct));
    }

    [Fact]
    public async Task Facts_come_back_equal_in_order_with_versions_and_positions_without_gaps()
    {
        var stream = Message();
        QueueEvent[] facts = [new MessageHeld("alice", "a \"quoted\" é\U0001F4EE\u0001 reason"), new MessageReleased("bob"), new ContentPurged(long.MaxValue)];
        Assert.Equal(new AppendResult.Appended(1), await Log.AppendAsync(new Append(stream, ExpectedVersion.NoStream, [.. facts[..2]]), Ct));
        Assert.Equal(new AppendResult.Appended(3), await Log.AppendAsync(
            new Append([new StreamAppend(stream, ExpectedVersion.At(2), [facts[2]], CausedBy: 2)]), Ct));

        var read = await Log.ReadAsync(stream, 0, Ct);

        Assert.Equal(facts, read.Select(recorded => recorded.Fact));
        Assert.Equal([1, 2, 3], read.Select(recorded => recorded.Version));
        Assert.Equal([1L, 2L, 3L], read.Select(recorded => recorded.Position));
        Assert.Equal([null, null, 2L], read.Select(recorded => recorded.CausedBy));
        Assert.Equal(read, await Log.ReadAllAsync(0, 10, Ct));
        Assert.Equal(read.Skip(2), await Log.ReadAsync(stream, 2, Ct));
        Assert.Equal(read.Skip(1).Take(1), await Log.ReadAllAsync(1, 1, Ct));
        Assert.Equal(3, await Log.LastPositionAsync(Ct));
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(1, 2)]
    [InlineData(0, 1)]
    public async Task A_wrong_version_says_where_the_stream_stands_and_leaves_nothing(int there, int expected)
    {
        var (stream, other) = (Message(), Message());
        if (there > 0) await AppendAsync(stream, new MessageHeld("alice", "first"));

        var result = await Log.AppendAsync(
            new Append(
                new StreamAppend(other, ExpectedVersion.NoStream, [new MessageReleased("bob")]),
                new StreamAppend(stream, ExpectedVersion.At(expected), [new MessageReleased("bob")])), Ct);

        Assert.Equal(new AppendResult.WrongVersion(stream, there), result);
        Assert.Equal(there, (await Log.ReadAllAsync(0, 10, Ct)).Count);
    }

    [Fact]
    public async Task An_append_without_facts_is_a_mistake_of_the_caller()
    {
        await Assert.ThrowsAsync<ArgumentException>(async () => await Log.AppendAsync(new Append(Message(), ExpectedVersion.NoStream), Ct));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Log.AppendAsync(new Append(), Ct));
        Assert.Equal(0, await Log.LastPositionAsync(Ct));
    }

    [Fact]
    public async Task Of_sixteen_writers_at_one_version_exactly_one_wins_each_time_and_a_loser_who_reads_again_gets_in()
    {
        const int writers = 16, each = 8;
        var stream = Message();
        var lost = new ConcurrentBag<int>();
        await Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Run(async () =>
        {
            for (var done = 0; done < each;)
            {
                var version = (await Log.ReadAsync(stream, 0, Ct)).Count;
                var result = await Log.AppendAsync(new Append(stream, ExpectedVersion.At(version), new MessageHeld($"{writer}", $"{done}")), Ct);
                if (result is AppendResult.Appended) done++;
                else lost.Add(Assert.IsType<AppendResult.WrongVersion>(result).Actual - version);
            }
        }, Ct)));

        var facts = await Log.ReadAsync(stream, 0, Ct);

        Assert.Equal(Enumerable.Range(1, writers * each), facts.Select(recorded => recorded.Version));
        Assert.Equal(writers * each, facts.Select(recorded => recorded.Fact).Distinct().Count());
        Assert.All(lost, behind => Assert.True(behind > 0));
    }

    [Fact]
    public async Task Any_version_collects_from_all_writers_without_a_race_to_lose()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Log.AppendAsync(
            new Append(StreamId.Operator, ExpectedVersion.Any, new MessageReleased($"{i}")), Ct).AsTask()));

        Assert.All(results, result => Assert.IsType<AppendResult.Appended>(result));
        Assert.Equal(Enumerable.Range(1, 50), (await Log.ReadAsync(StreamId.Operator, 0, Ct)).Select(recorded => recorded.Version));
    }

    [Fact]
    public async Task Two_streams_and_content_become_real_together_or_not_at_all()
    {
        var (id, drop) = (ids.Next(), StreamId.Drop("file"));
        await using var staging = engine.Content.Stage(id);
        await staging.WriteAsync(new byte[10], Ct);
        var content = await staging.CompleteAsync(Ct);
        Append Both() => new(
            new StreamAppend(StreamId.Message(id), ExpectedVersion.NoStream, [StoredMail.Acceptance(content)]),
            new StreamAppend(drop, ExpectedVersion.NoStream, [new DropImported(id)]))
        { Content = content };
        await AppendAsync(drop, new DropImported(null, "taken before"));

        Assert.IsType<AppendResult.WrongVersion>(await Log.AppendAsync(Both(), Ct));
        Assert.Empty(await Log.ReadAsync(StreamId.Message(id), 0, Ct));
        Assert.Null(await engine.Content.OpenAsync(id, Ct));

        var fresh = Both();
        var elsewhere = new Append(fresh.Streams[0], fresh.Streams[1] with { Stream = StreamId.Drop("another") }) { Content = content };
        Assert.IsType<AppendResult.Appended>(await Log.AppendAsync(elsewhere, Ct));
        Assert.Single(await Log.ReadAsync(StreamId.Message(id), 0, Ct));
        await using var stream = await engine.Content.OpenAsync(id, Ct);
        Assert.Equal(10, stream!.Length);
    }

    [Fact]
    public async Task A_lease_that_was_taken_over_appends_nothing_and_its_successor_does()
    {
        var term = TimeSpan.FromMinutes(1);
        var first = (await engine.Leases.TryClaimAsync(0, "first", term, Ct))!;
        Append Held(Lease lease) => new(Message(), ExpectedVersion.NoStream, new MessageHeld("runner", "why")) { Lease = lease };
        Assert.IsType<AppendResult.Appended>(await Log.AppendAsync(Held(first), Ct));
        Assert.Null(await engine.Leases.TryClaimAsync(0, "second", term, Ct));

        await engine.Leases.ReleaseAsync(first, Ct);
        var second = (await engine.Leases.TryClaimAsync(0, "second", term, Ct))!;

        Assert.True(second.Token > first.Token);
        Assert.IsType<AppendResult.LeaseLost>(await Log.AppendAsync(Held(first), Ct));
        Assert.False(await engine.Leases.RenewAsync(first, term, Ct));
        Assert.IsType<AppendResult.Appended>(await Log.AppendAsync(Held(second), Ct));
        Assert.Equal(2, await Log.LastPositionAsync(Ct));
        Assert.Equal("second", await engine.Leases.OwnerAsync(0, Ct));
    }

    [Fact]
    public async Task Whoever_reads_behind_the_writers_sees_every_fact_once_and_in_order()
    {
        const int writers = 8, each = 60;
        var writing = Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; i < each; i++) await AppendAsync(Message(), new MessageHeld($"{writer}", $"{i}"), new MessageReleased($"{writer}"));
        }, Ct)));
        var seen = new List<RecordedEvent>();
        while (seen.Count < writers * each * 2)
        {
            seen.AddRange(await Log.ReadAllAsync(seen.Count == 0 ? 0 : seen[^1].Position, 7, Ct));
            if (writing.IsFaulted) break;
        }
        await writing;

        Assert.True(seen.Zip(seen.Skip(1)).All(pair => pair.First.Position < pair.Second.Position));
        Assert.Equal(await Log.ReadAllAsync(0, int.MaxValue, Ct), seen);
        Assert.Equal(writers * each * 2, seen.Count);
    }

    private StreamId Message() => StreamId.Message(ids.Next());

    private async Task AppendAsync(StreamId stream, params QueueEvent[] facts) =>
        Assert.IsType<AppendResult.Appended>(await Log.AppendAsync(new Append(stream, ExpectedVersion.NoStream, [.. facts]), Ct));
}
