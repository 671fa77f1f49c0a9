using Microsoft.Extensions.Time.Testing;
using Polly;
using Postoffice.Runner.Pipelines;
using Postoffice.Runner.Tests.Peers;
using Postoffice.Runner.Transports;
using Postoffice.Store.Wire;

namespace Postoffice.Runner.Tests.Transports;

/// <summary>O02 of the attack catalogue: a server that drips one octet in 30 seconds is never silent, and still has no more time than RFC 5321 §4.5.3.2 asks.</summary>
public sealed class ClientSessionTests
{
    private static readonly TimeSpan BetweenOctets = TimeSpan.FromSeconds(30);
    private readonly FakeTimeProvider clock = new();

    [Theory]
    [InlineData("greeting", 300)]
    [InlineData("mail", 300)]
    [InlineData("rcpt", 300)]
    [InlineData("data", 120)]
    [InlineData("dot", 600)]
    public async Task The_limit_is_for_the_whole_reply(string phase, int seconds)
    {
        var began = clock.GetUtcNow();
        var peer = new DrippingStream(clock, BetweenOctets);
        await using var session = new ClientSession(peer);
        var phases = new PhasePipelines(new PhaseTimeouts(), clock);

        var answer = await (phase switch
        {
            "greeting" => session.HearAsync(phases.Greeting, TestContext.Current.CancellationToken),
            "dot" => session.FinishAsync(new DotStuffer(), phases.Dot, TestContext.Current.CancellationToken),
            _ => session.AskAsync("COMMAND", Of(phases, phase), TestContext.Current.CancellationToken),
        });

        Assert.Equal(new Answer.Lost($"no answer within {seconds} s"), answer);
        Assert.Equal(TimeSpan.FromSeconds(seconds), clock.GetUtcNow() - began);
        Assert.Equal((seconds / 30) - 1, peer.Dripped);
    }

    private static ResiliencePipeline Of(PhasePipelines phases, string phase) => phase switch
    {
        "mail" => phases.Mail,
        "rcpt" => phases.Rcpt,
        _ => phases.Data,
    };

    /// <summary>Takes all it is sent; each read takes its time by the clock and then gives one octet more of a reply that never ends.</summary>
    private sealed class DrippingStream(FakeTimeProvider clock, TimeSpan between) : PeerStream
    {
        public int Dripped { get; private set; }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            clock.Advance(between);
            cancellationToken.ThrowIfCancellationRequested();
            buffer.Span[0] = "250-"u8[Math.Min(Dripped++, 3)];
            return ValueTask.FromResult(1);
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;
    }
}
