using System.Collections.Immutable;
using Postoffice.Store.Events;
using Postoffice.Store.Mail;

namespace Postoffice.MicroBenchmarks;

/// <summary>The facts of a message that was put off once and then delivered: what most of a journal is.</summary>
internal static class Facts
{
    public static readonly QueueId Id = new QueueIdSource(TimeProvider.System).Next();

    public static readonly MessageAccepted Accepted = new(
        ReversePath.Parse("alice@example.net"), [new AcceptedRecipient(1, ForwardPath.Parse("bob@relay.example"))],
        new MessageOrigin("ESMTP", "192.0.2.1", "client.example.net"), 4_245, new string('a', 64));

    public static readonly HeadersAdded Headers = new(
        [new HeaderField("Received", "from client.example.net ([192.0.2.1])\r\n\tby mx.example.test with ESMTP id 1JNK9KNM6EFS;\r\n\tMon, 2 Nov 2026 10:00:00 +0000")],
        HasHeader: true);

    public static readonly AttemptEnded Delivered = Ended(2, new RecipientOutcome(1, OutcomeKind.Delivered, new Reply(250, new(2, 0, 0), "Ok: queued as 4F2A")));

    public static readonly ImmutableArray<RecordedEvent> All =
    [
        .. new QueueEvent[]
        {
            Accepted, Headers, Started(1),
            Ended(1, new RecipientOutcome(1, OutcomeKind.Deferred, new Reply(451, new(4, 7, 1), "Later"), NextAttemptAt: DateTimeOffset.UnixEpoch.AddYears(50))),
            Started(2), Delivered,
        }.Select((fact, at) => new RecordedEvent(at + 1, StreamId.Message(Id), at + 1, EventCatalogue.NameOf(fact), fact, CausedBy: null, DateTimeOffset.UnixEpoch.AddYears(50))),
    ];

    private static AttemptStarted Started(int attempt) => new(attempt, [1], new AttemptRoute(Transport.Smtp, "relay.example"));

    private static AttemptEnded Ended(int attempt, RecipientOutcome outcome) =>
        new(attempt, [outcome], Host: "mx.relay.example", Address: "192.0.2.25", Tls: "TLSv1.3 TLS_AES_256_GCM_SHA384", Phase: "done", Milliseconds: 120);
}
