using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Time.Testing;
using Postoffice.Smtp.Dialogue;
using Postoffice.Smtp.Listening;

namespace Postoffice.Smtp.Tests.Listening;

/// <summary>A place is given back whatever its connection does at the end.</summary>
public sealed class OpenSessionsTests
{
    private static readonly ClientPeer Stranger = new(TestListener.Stranger);
    private readonly FakeTimeProvider clock = new(DateTimeOffset.UnixEpoch.AddYears(56));

    [Fact]
    public async Task A_goodbye_that_does_not_leave_in_time_is_cut()
    {
        using var listener = new TestListener(clock);
        var sessions = new OpenSessions(listener.Services);
        var connection = new StuckConnection();
        Assert.True(sessions.TryRun(() => connection, Stranger, implicitTls: false));
        connection.ClientEnds();
        await connection.Ending.Task;
        Assert.Equal(1, sessions.Count);

        clock.Advance(TimeSpan.FromSeconds(11));

        await sessions.StopAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(0, sessions.Count);
    }

    [Fact]
    public async Task An_end_that_fails_gives_the_place_back_and_does_not_disturb_a_stop()
    {
        using var listener = new TestListener(clock);
        var sessions = new OpenSessions(listener.Services);
        var connection = new StuckConnection();
        connection.Aborted.SetException(new InvalidOperationException("a broken end"));
        Assert.True(sessions.TryRun(() => connection, Stranger, implicitTls: false));
        connection.ClientEnds();

        await sessions.StopAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(0, sessions.Count);
    }

    [Fact]
    public void A_connection_that_cannot_be_made_takes_no_place()
    {
        using var listener = new TestListener(clock);
        var sessions = new OpenSessions(listener.Services);
        Assert.Throws<InvalidOperationException>(() => sessions.TryRun(() => throw new InvalidOperationException(), Stranger, implicitTls: false));
        Assert.Equal(0, sessions.Count);
    }

    /// <summary>Ends only when it is aborted, as a socket does whose client reads nothing.</summary>
    private sealed class StuckConnection : ConnectionContext
    {
        private readonly Pipe fromClient = new(), toClient = new();

        public StuckConnection() => Transport = new Ends(fromClient.Reader, toClient.Writer);

        public TaskCompletionSource Ending { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
        public TaskCompletionSource Aborted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
        public override IDuplexPipe Transport { get; set; }
        public override string ConnectionId { get; set; } = "stuck";
        public override IFeatureCollection Features { get; } = new FeatureCollection();
        public override IDictionary<object, object?> Items { get; set; } = new Dictionary<object, object?>();

        public void ClientEnds() => fromClient.Writer.Complete();

        public override void Abort(ConnectionAbortedException abortReason) => Aborted.TrySetResult();

        public override async ValueTask DisposeAsync()
        {
            Ending.SetResult();
            await Aborted.Task;
            await base.DisposeAsync();
        }
    }

    private sealed record Ends(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
