using System.IO.Pipelines;
using Postoffice.Runner.Deliverer;
using Postoffice.Runner.Routing;
using Postoffice.Runner.Scheduling;
using Postoffice.Store.Content;
using Postoffice.Store.Events;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Transports;

/// <summary>
/// Into a mailbox of this machine, exactly once. The deliverer prepares and says what the intent must hold; the intent's append, which names the
/// lease, is the fence: whoever lost it never gets to the commit. After a crash the evidence lets the mailbox tell how it ended.
/// </summary>
internal sealed class MailboxTransport(DelivererClient deliverer, IContentStore content, TimeProvider clock) : ITransport, IMailboxMemory
{
    private static readonly Reply Delivered = new(250, new(2, 0, 0), "delivered to the mailbox");
    private static readonly DeliveryFailure ContentGone = new(new(5, 3, 0), "the content of this message is no longer there");

    public async Task<AttemptReport?> DeliverAsync(Attempt attempt, CancellationToken ct)
    {
        var began = clock.GetTimestamp();
        var user = ((Route.Mailbox)attempt.Route).User;
        var recipient = attempt.Recipients.Single();
        var prepared = await PrepareAsync(attempt, recipient, user, ct);
        if (prepared is not PrepareResult.Prepared ready)
        {
            var refusal = prepared is PrepareResult.Failed(var failure) ? NotTaken(recipient.Number, failure) : Gone(recipient.Number);
            return await attempt.BeginAsync(new AttemptRoute(Transport.Mailbox, user), ct) is null ? null : Report(refusal);
        }

        Attempt? begun;
        try
        {
            begun = await attempt.BeginAsync(new AttemptRoute(Transport.Mailbox, user, MailboxIntents.From(ready.Evidence)), ct);
        }
        catch (LeaseLostException)
        {
            await deliverer.AbortAsync(ready);
            throw;
        }
        catch
        {
            // After a failed sync the intent's commit may come back once we are killed.
            await deliverer.ReleaseAsync(ready);
            throw;
        }
        if (begun is null)
        {
            await deliverer.AbortAsync(ready);
            return null;
        }
        return await deliverer.CommitAsync(ready) switch
        {
            DeliveryOutcome.Delivered => Report(new RecipientResult.Delivered(recipient.Number, Delivered)),
            DeliveryOutcome.Failed(var failure) => Report(NotTaken(recipient.Number, failure)),
            DeliveryOutcome.NotDelivered => Report(new RecipientResult.Interrupted(recipient.Number, "the mailbox changed meanwhile")),
            DeliveryOutcome.InDoubt(var reason) => Report(new RecipientResult.InDoubt(recipient.Number, reason)),
            _ => throw new DelivererEndedException(), // the outcome is for the next start to find out
        };

        AttemptReport Report(RecipientResult result) => new([result], Took: clock.GetElapsedTime(began));
    }

    public async Task<RecipientResult?> RecallAsync(QueueId id, int recipient, AttemptRoute route, CancellationToken ct)
    {
        if (route.Mailbox is null) return new RecipientResult.Interrupted(recipient, "cut off before anything was written");
        if (!MailboxIntents.TryToEvidence(route.Mailbox, out var evidence)) return new RecipientResult.InDoubt(recipient, "the intent cannot be read");
        return await deliverer.RecoverAsync(route.Target, id, evidence, ct) switch
        {
            DeliveryOutcome.Delivered => new RecipientResult.Delivered(recipient, Delivered),
            DeliveryOutcome.NotDelivered => new RecipientResult.Interrupted(recipient, "cut off; the mailbox does not have it"),
            DeliveryOutcome.InDoubt(var reason) => new RecipientResult.InDoubt(recipient, reason),
            DeliveryOutcome.Failed => null,
            _ => throw new DelivererEndedException(),
        };
    }

    private async Task<PrepareResult> PrepareAsync(Attempt attempt, QueuedRecipient recipient, string user, CancellationToken ct)
    {
        var message = attempt.Message;
        HeaderField[] first =
        [
            new("Return-Path", $"<{message.Accepted.From}>"), // RFC 5321 §4.4
            new("Delivered-To", recipient.Accepted.To.ToString()),
        ];
        await using var octets = await MessageOctets.OpenAsync(content, message, first, ct);
        if (octets is null) return new PrepareResult.Failed(ContentGone);
        var request = new DeliveryRequest(
            user, message.Id, recipient.Number, attempt.Number, message.Accepted.From.ToString(), message.AcceptedAt, clock.GetUtcNow());
        return await deliverer.PrepareAsync(request, PipeReader.Create(octets), ct);
    }

    private static RecipientResult NotTaken(int recipient, DeliveryFailure failure) => failure.IsPermanent
        ? new RecipientResult.Failed(recipient, failure.Status, failure.Reason)
        : new RecipientResult.PutOff(recipient, failure.Reason, failure.Status);

    private static RecipientResult Gone(int recipient) => new RecipientResult.Interrupted(recipient, "the deliverer ended");
}

/// <summary>The privileged part is gone, and so is what only it can do: the service ends and is started anew.</summary>
internal sealed class DelivererEndedException() : Exception("the deliverer ended");
