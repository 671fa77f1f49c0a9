using System.Security.Cryptography;
using System.Text;
using Postoffice.Store;
using Postoffice.Store.Content;
using Postoffice.Store.Events;
using Postoffice.Store.Log;
using Postoffice.Store.Mail;
using Postoffice.Store.Projections;
using Postoffice.Store.Sqlite;

namespace Postoffice.Testing;

/// <summary>
/// Fills a new store with what months of use leave in it, through the product's own rows and folds, but thousands of messages a commit. Finished mail
/// has no content any more; mail that waits has, and was put off once, so that it is due after an hour or two.
/// </summary>
public sealed class HistoryMaker(MailStore store)
{
    /// <summary>Of a message that is finished, and of one that waits.</summary>
    public const int FactsFinished = 5, FactsWaiting = 4;

    private const int MessagesACommit = 2_000;
    private const int Names = 1_000; // senders, and domains they write to
    private static readonly TimeSpan Age = TimeSpan.FromDays(30);
    private static readonly byte[] Octets = Encoding.Latin1.GetBytes(
        "From: <alice@example.net>\r\nSubject: made up\r\n\r\n" + string.Concat(Enumerable.Repeat(new string('x', 62) + "\r\n", 30)));
    private static readonly string Digest = Convert.ToHexStringLower(SHA256.HashData(Octets));
    private static readonly Reply Thanks = new(250, new(2, 0, 0), "Ok: queued"), Later = new(451, new(4, 7, 1), "Try again later");
    private long made;

    /// <summary>Messages written so far.</summary>
    public long Made => Interlocked.Read(ref made);

    /// <param name="finished">Messages of the past thirty days, oldest first.</param>
    /// <param name="waiting">Messages of the past hour.</param>
    public async Task WriteAsync(long finished, long waiting, CancellationToken ct)
    {
        var end = TimeProvider.System.GetUtcNow();
        await WriteAsync(finished, end - Age, Age - TimeSpan.FromHours(1), Finish, ct);
        await WriteAsync(waiting, end - TimeSpan.FromHours(1), TimeSpan.FromHours(1), message => PutOff(message, end), ct);
    }

    /// <summary>Spreads messages evenly over a time.</summary>
    private async Task WriteAsync(long messages, DateTimeOffset from, TimeSpan time, Action<Message> rest, CancellationToken ct)
    {
        for (long first = 0; first < messages; first += MessagesACommit)
        {
            var (begin, count) = (first, (int)Math.Min(MessagesACommit, messages - first));
            await store.Database.Writer.RunAsync(
                tx =>
                {
                    var journal = new JournalEnd(tx);
                    for (var at = begin; at < begin + count; at++)
                    {
                        tx.Now = DateTimeOffset.FromUnixTimeMilliseconds((from + (time * ((double)at / messages))).ToUnixTimeMilliseconds());
                        // Ids of one millisecond differ below it, as QueueIdSource's do.
                        var message = new Message(journal, new QueueId(QueueIdSource.LeastOf(tx.Now).Value + (at % (1 << 18))), at);
                        message.Accept();
                        rest(message);
                    }

                    journal.Save();
                    return count;
                },
                ct);
            Interlocked.Add(ref made, count);
        }
    }

    private static void Finish(Message message) => message.End(new RecipientOutcome(1, OutcomeKind.Delivered, Thanks), new ContentPurged(Octets.Length));

    /// <summary>Late enough that nothing comes due while something is measured; a longer wait than the schedule has would be taken for a wrong clock.</summary>
    private static void PutOff(Message message, DateTimeOffset end)
    {
        message.KeepContent();
        message.End(new RecipientOutcome(1, OutcomeKind.Deferred, Later, NextAttemptAt: end + TimeSpan.FromMinutes(60 + (message.Number % 60))));
    }

    /// <summary>One message's facts, in order.</summary>
    private sealed class Message(JournalEnd journal, QueueId id, long number)
    {
        private readonly StreamId stream = StreamId.Message(id);
        private readonly string domain = $"d{number % Names}.example";
        private int version;

        public long Number => number;

        public void Accept()
        {
            Add(new MessageAccepted(
                ReversePath.Of(Mailbox.Parse($"user{number % Names}@example.net")), [new AcceptedRecipient(1, ForwardPath.Parse($"bob@{domain}"))],
                new MessageOrigin("ESMTP", "192.0.2.1", "client.example.net"), Octets.Length, Digest));
            Add(new HeadersAdded(
                [new HeaderField("Received", $"from client.example.net ([192.0.2.1])\r\n\tby bench.example.test with ESMTP id {id};\r\n\tMon, 2 Nov 2026 10:00:00 +0000")],
                HasHeader: true));
        }

        public void KeepContent() => ContentRows.Keep(new StagedContent(id, Octets.Length, Digest, Octets), journal.Transaction);

        /// <summary>The only attempt there was, and what came of it.</summary>
        public void End(RecipientOutcome outcome, QueueEvent? after = null)
        {
            Add(new AttemptStarted(1, [1], new AttemptRoute(Transport.Smtp, domain)));
            Add(new AttemptEnded(1, [outcome], Host: $"mx.{domain}", Address: "192.0.2.25", Phase: "done", Milliseconds: 120));
            if (after is not null) Add(after);
        }

        private void Add(QueueEvent fact) => journal.Add(stream, ++version, fact);
    }

    /// <summary>Where facts are put; every projection folds them at once, so that no runner has to catch up.</summary>
    private sealed class JournalEnd(StoreTransaction tx)
    {
        private long position;

        public StoreTransaction Transaction => tx;
        public DateTimeOffset Now => tx.Now;

        public void Add(StreamId stream, int version, QueueEvent fact)
        {
            var name = EventCatalogue.NameOf(fact);
            position = EventRows.Insert(tx, stream, version, name, EventJson.Write(fact), causedBy: null);
            var recorded = new RecordedEvent(position, stream, version, name, fact, CausedBy: null, tx.Now);
            foreach (var projection in ProjectionCatalogue.All) projection.Fold(recorded, tx);
        }

        public void Save()
        {
            foreach (var projection in ProjectionCatalogue.All) Checkpoint.Save(projection, position, tx);
        }
    }
}
