using System.Collections.Concurrent;
using Postoffice.Runner.Scheduling;
using Postoffice.Runner.Transports;
using Postoffice.Store.Events;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Tests;

/// <summary>A transport that answers what the test says.</summary>
internal sealed class FakeTransport(Transport transport) : ITransport, IMailboxMemory
{
    public static readonly Reply Ok = Reply.Parse("250 2.0.0 ok");

    public ConcurrentQueue<(QueueId Message, int Recipient, DateTimeOffset At)> Began { get; } = new();

    public Func<Attempt, CancellationToken, Task<IReadOnlyList<RecipientResult>>> Answer { get; set; } =
        (attempt, _) => Task.FromResult(attempt.All(number => new RecipientResult.Delivered(number, Ok)));

    /// <summary>What a mailbox remembers of an attempt that was cut off.</summary>
    public Func<int, RecipientResult?> Memory { get; set; } = number => new RecipientResult.Delivered(number, Ok);

    /// <summary>Who is said to have spoken.</summary>
    public string? Host { get; set; } = transport is Transport.Smtp ? "next-hop.test" : null;

    /// <summary>What breaks each attempt; null for nothing.</summary>
    public Exception? Surprise { get; set; }

    public TimeProvider Clock { get; set; } = TimeProvider.System;

    public void Always(Func<int, RecipientResult> result) => Answer = (attempt, _) => Task.FromResult(attempt.All(result));

    public async Task<AttemptReport?> DeliverAsync(Attempt attempt, CancellationToken ct)
    {
        var target = attempt.Route.Destination!.Name;
        var intent = transport is Transport.Mailbox ? new MailboxIntent("maildir", "1.ABCDEFGHJKMN-1-1.host") : null;
        if (await attempt.BeginAsync(new AttemptRoute(transport, target, intent), ct) is not { } begun) return null;
        foreach (var recipient in begun.Recipients) Began.Enqueue((attempt.Message.Id, recipient.Number, Clock.GetUtcNow()));
        var results = await Answer(begun, ct);
        var isReached = results.Any(result => result is not RecipientResult.Unreached);
        return new AttemptReport(results, Host, Phase: isReached ? "done" : "connect") { Surprise = Surprise };
    }

    public Task<RecipientResult?> RecallAsync(QueueId id, int recipient, AttemptRoute route, CancellationToken ct) => Task.FromResult(Memory(recipient));
}
