using System.Text;
using Microsoft.Extensions.Time.Testing;
using Postoffice.Runner.Pipelines;
using Postoffice.Runner.Tests.Peers;
using Postoffice.Testing;

namespace Postoffice.Runner.Tests.Transports;

/// <summary>A peer that falls silent has the time of RFC 5321 §4.5.3.2 for the command it owes a reply to, and no more.</summary>
public sealed class SilenceTests : IDisposable
{
    private readonly TransactionRig rig = new();
    private readonly FakeTimeProvider clock = new();

    public void Dispose() => rig.Dispose();

    [Theory]
    [InlineData("early lost", 300, false)]
    [InlineData("unreached unreached", 300, false, "250 ok")]
    [InlineData("unreached unreached", 300, false, "250 ok", "250 ok")]
    [InlineData("550 unreached", 300, false, "250 ok", "550 who")]
    [InlineData("unreached unreached", 120, false, "250 ok", "250 ok", "250 ok")]
    [InlineData("in-doubt in-doubt", 600, false, "250 ok", "250 ok", "250 ok", "354 go")]
    [InlineData("early lost", 300, true)]
    [InlineData("unreached unreached", 300, true, "250 ok")]
    [InlineData("550 unreached", 300, true, "250 ok", "550 who")]
    [InlineData("unreached 550", 120, true, "250 ok", "250 ok", "550 who")]
    [InlineData("in-doubt in-doubt", 600, true, "250 ok", "250 ok", "250 ok", "354 go")]
    public async Task It_is_given_up_in_time(string expected, int seconds, bool pipelined, params string[] replies)
    {
        var hello = pipelined ? "250-peer\r\n250 PIPELINING" : "250 peer";

        Assert.Equal(expected, await rig.RunAsync(new SilentAtLast(clock, ["220 hi", hello, .. replies]), phases: new(new(), clock)));
        Assert.EndsWith($"no answer within {seconds} s", rig.Lost);
    }

    [Theory]
    [InlineData(300, "unreached unreached unreached", "rcpt")]
    [InlineData(150, "delivered delivered delivered", "done")]
    public async Task Many_slow_replies_together_have_a_limit_of_their_own(int secondsEach, string expected, string phase)
    {
        var peer = new SlowAtEach(clock, TimeSpan.FromSeconds(secondsEach - 1), ["220 hi", "250 peer", "250 ok", "250 ok", "250 ok", "250 ok", "354 go", "250 taken"]);
        var phases = new PhasePipelines(new() { Transaction = TimeSpan.FromMinutes(14), Data = TimeSpan.FromMinutes(5) }, clock);

        Assert.Equal((expected, phase), (await rig.RunAsync(peer, to: ["bob@example.test", "carol@example.test", "dave@example.test"], phases: phases), rig.Phase));
        Assert.Equal(phase == "done" ? null : "the transaction took longer than 840 s (smtp-transaction-timeout=)", rig.Lost);
    }

    /// <summary>Says each of its replies only after a while, too soon to be given up for any one of them; the last one when all was sent.</summary>
    private sealed class SlowAtEach(FakeTimeProvider clock, TimeSpan each, string[] replies) : PeerStream
    {
        private volatile string written = "";
        private int said;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            while (said == replies.Length - 1 && !written.EndsWith(".\r\n", StringComparison.Ordinal)) await Task.Yield();
            clock.Advance(each);
            return Encoding.Latin1.GetBytes($"{replies[said++]}\r\n", buffer.Span);
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            written = Encoding.Latin1.GetString(buffer.Span);
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>Takes all it is sent and says its replies one by one; when they are used up and all was sent, time goes by.</summary>
    private sealed class SilentAtLast(FakeTimeProvider clock, string[] replies) : PeerStream
    {
        private readonly string last = replies[^1].StartsWith("354", StringComparison.Ordinal) ? ".\r\n" : "";
        private volatile string written = "";
        private int said;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (said < replies.Length) return Encoding.Latin1.GetBytes($"{replies[said++]}\r\n", buffer.Span);
            while (true)
            {
                await Task.Yield();
                cancellationToken.ThrowIfCancellationRequested();
                if (written.EndsWith(last, StringComparison.Ordinal)) clock.Advance(TimeSpan.FromSeconds(1));
            }
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            written = Encoding.Latin1.GetString(buffer.Span);
            return ValueTask.CompletedTask;
        }
    }
}
