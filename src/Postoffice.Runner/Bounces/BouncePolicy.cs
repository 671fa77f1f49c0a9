using Postoffice.Store.Content;
using Postoffice.Store.Events;
using Postoffice.Store.Log;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Bounces;

/// <summary>
/// Who is told of a failure. The sender; the postmaster when there is none to tell, which ends a bounce that bounces with him (C-BNC-02,
/// C-BNC-04); nobody when that fails too, so nothing ever loops. The notification is a message like any other, made in the append that records
/// the failure: there is no moment at which a failure is known and its report can get lost.
/// </summary>
internal sealed class BouncePolicy(DsnComposer composer, IContentStore content, QueueIdSource ids, DomainName self)
{
    /// <summary>The word for our own notices in <see cref="MessageOrigin.Protocol"/>.</summary>
    private const string OwnNotice = "DSN";

    private const string Postmaster = "postmaster";

    /// <summary>What to append beside the facts that failed the recipients; null when nobody has failed unreported.</summary>
    /// <param name="message">With the failure folded in.</param>
    /// <param name="causedByFact">Where the failure stands in the append.</param>
    /// <exception cref="StoreUnavailableException">The notification could not be staged.</exception>
    public async ValueTask<Bounce?> ReportAsync(QueuedMessage message, int causedByFact, CancellationToken ct)
    {
        if (Decide.Report(message) is not { } report) return null;
        var stream = StreamId.Message(message.Id);
        if (WhyNobody(message, report) is { } reason)
        {
            var nobody = new DsnQueued(null, report.Failed, reason);
            return new Bounce(nobody, [new(stream, ExpectedVersion.Any, [nobody], CausedByFact: causedByFact)], null, null);
        }

        var id = ids.Next();
        var to = ForwardPath.To(AddressOf(message.Accepted.From));
        var staging = content.Stage(id);
        try
        {
            await composer.ComposeAsync(message, report.Wanted, to, id, staging, ct);
            var staged = await staging.CompleteAsync(ct);
            var accepted = new MessageAccepted(
                ReversePath.Null, [new AcceptedRecipient(1, to)], new MessageOrigin(OwnNotice), staged.Length, staged.Sha256);
            var told = new DsnQueued(id, report.Failed);
            return new Bounce(
                told,
                [
                    new(StreamId.Message(id), ExpectedVersion.NoStream, [accepted, new HeadersAdded([], HasHeader: true)], CausedByFact: causedByFact),
                    new(stream, ExpectedVersion.Any, [told], CausedByFact: causedByFact),
                ],
                staged,
                staging);
        }
        catch
        {
            await staging.DisposeAsync();
            throw;
        }
    }

    private static string? WhyNobody(QueuedMessage message, FailureReport report)
    {
        if (report.Wanted.Count == 0) return "the sender asked not to be told (NOTIFY)";
        var isLast = message.Accepted.From.IsNull && report.Wanted.All(recipient => IsPostmaster(recipient.Accepted.To));
        return isLast ? "a notification to postmaster failed; there is nobody left to tell" : null;
    }

    private Mailbox AddressOf(ReversePath from)
    {
        if (from.Mailbox is { IsLocalPartOnly: false } sender) return sender;
        return (from.Mailbox ?? Mailbox.Parse(Postmaster)).At(self) ?? Mailbox.Parse(Postmaster);
    }

    private static bool IsPostmaster(ForwardPath path) => path.Mailbox.LocalPart.Equals(Postmaster, StringComparison.OrdinalIgnoreCase);
}

/// <summary>What goes into an append so that somebody is told. Disposing it before the append succeeded forgets the notification.</summary>
/// <param name="Told">The fact on the failed message's stream.</param>
/// <param name="Streams">Every stream to append to beside the failure's.</param>
/// <param name="Content">The notification; null when nobody is told.</param>
internal sealed record Bounce(DsnQueued Told, ValueList<StreamAppend> Streams, StagedContent? Content, IContentStaging? Staging) : IAsyncDisposable
{
    public ValueTask DisposeAsync() => Staging?.DisposeAsync() ?? ValueTask.CompletedTask;
}
