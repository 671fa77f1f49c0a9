using Postoffice.Store;
using Postoffice.Store.Content;
using Postoffice.Store.Events;
using Postoffice.Store.Log;
using Postoffice.Store.Mail;

namespace Postoffice.Testing;

/// <summary>Puts mail through its life in a store, without a listener or a runner.</summary>
public static class StoredMail
{
    private static readonly QueueIdSource Ids = new(TimeProvider.System);

    /// <summary>Accepts a message from Alice.</summary>
    /// <param name="content">Its octets; a few lines when null.</param>
    /// <param name="recipients">Bob alone when empty.</param>
    public static async Task<QueueId> AcceptAsync(
        this MailStore store, CancellationToken ct, byte[]? content = null, params string[] recipients)
    {
        var id = Ids.Next();
        await using var staging = store.Content.Stage(id);
        await staging.WriteAsync(content ?? "Subject: hi\r\n\r\nhello\r\n"u8.ToArray(), ct);
        await store.AcceptAsync(await staging.CompleteAsync(ct), ct, recipients);
        return id;
    }

    /// <summary>Accepts a message from Alice whose content is staged.</summary>
    /// <param name="recipients">Bob alone when empty.</param>
    public static async Task AcceptAsync(this MailStore store, StagedContent staged, CancellationToken ct, params string[] recipients)
    {
        var result = await store.Events.AppendAsync(
            new Append(StreamId.Message(staged.Message), ExpectedVersion.NoStream, Acceptance(staged, recipients)) { Content = staged }, ct);
        if (result is not AppendResult.Appended) throw new InvalidOperationException($"{result}");
    }

    public static MessageAccepted Acceptance(StagedContent content, params string[] recipients) => new(
        ReversePath.Parse("alice@example.net"),
        Recipients(recipients),
        new MessageOrigin("ESMTP", "192.0.2.1", "client.example.net"),
        content.Length,
        content.Sha256);

    /// <summary>Numbered from 1; Bob alone when empty.</summary>
    public static ValueList<AcceptedRecipient> Recipients(params string[] addresses) =>
        (addresses.Length == 0 ? ["bob@example.test"] : addresses)
            .Select((address, i) => new AcceptedRecipient(i + 1, ForwardPath.Parse(address))).ToValueList();

    /// <summary>Records an attempt for recipient 1 with its outcome, at the version the message has.</summary>
    public static async Task AttemptAsync(this MailStore store, QueueId id, OutcomeKind outcome, CancellationToken ct, DateTimeOffset? next = null)
    {
        var facts = await store.Events.ReadAsync(StreamId.Message(id), 0, ct);
        var attempt = facts.Count(recorded => recorded.Fact is AttemptStarted) + 1;
        var result = await store.Events.AppendAsync(
            new Append(
                StreamId.Message(id),
                ExpectedVersion.At(facts[^1].Version),
                new AttemptStarted(attempt, [1], new AttemptRoute(Transport.Mailbox, "bob")),
                new AttemptEnded(attempt, [new RecipientOutcome(1, outcome, Reason: "so it went", NextAttemptAt: next)], Phase: "done")),
            ct);
        if (result is not AppendResult.Appended) throw new InvalidOperationException($"{result}");
    }

    /// <summary>Accepts a message and delivers it.</summary>
    public static async Task<QueueId> DeliverAsync(this MailStore store, CancellationToken ct, byte[]? content = null)
    {
        var id = await store.AcceptAsync(ct, content);
        await store.AttemptAsync(id, OutcomeKind.Delivered, ct);
        return id;
    }

    /// <summary>Folds the following projections until they have caught up.</summary>
    public static async Task CatchUpAsync(this MailStore store, CancellationToken ct)
    {
        while (await store.Projections.CatchUpAsync(500, ct)) { }
    }

    /// <summary>Runs SQL as the writer: what no program of ours would do to a store.</summary>
    /// <returns>The first column of the first row; null when there is none.</returns>
    public static Task<long?> SqlAsync(this MailStore store, string sql) =>
        store.Database.Writer.RunAsync(tx => tx.Number(sql), CancellationToken.None);
}
