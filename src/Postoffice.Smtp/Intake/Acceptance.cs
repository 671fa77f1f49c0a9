using Microsoft.Extensions.Logging;
using Postoffice.Smtp.Dialogue;
using Postoffice.Store.Content;
using Postoffice.Store.Events;
using Postoffice.Store.Log;
using Postoffice.Store.Mail;

namespace Postoffice.Smtp.Intake;

/// <summary>The step that makes a message ours: envelope, added fields and content in one append, and only behind it the 250.</summary>
internal sealed class Acceptance(IEventLog events, TimeProvider clock, ILogger log)
{
    /// <param name="self">Completes a sender without a domain, and names us in added fields.</param>
    /// <param name="beside">Becomes durable with the message; null for nothing.</param>
    /// <returns>250 when the message is durable; 4yz when it is not, and nothing of it is left.</returns>
    public async ValueTask<Reply> AcceptAsync(Submission submission, ContentIntake content, DomainName self, StreamAppend? beside = null)
    {
        try
        {
            var staged = await content.CompleteAsync();
            var message = new StreamAppend(StreamId.Message(content.Id), ExpectedVersion.NoStream, Facts(submission, staged, content, self));
            var append = new Append(beside is null ? [message] : [message, beside]) { Content = staged };
            if (await events.AppendAsync(append, CancellationToken.None) is not AppendResult.Appended)
            {
                ListenerLog.NotAppended(log, content.Id); // another process hit on the same id: the client comes again and gets a new one
                return Replies.LocalError;
            }
        }
        catch (StoreUnavailableException trouble)
        {
            ListenerLog.StoreUnavailable(log, content.Id, trouble.Trouble, trouble.Message);
            return Replies.For(trouble.Trouble);
        }
        ListenerLog.Accepted(
            log, content.Id, submission.Mail.From, submission.Recipients.Count, content.Octets, submission.Origin.Protocol, submission.Origin.Address ?? "this machine");
        return Replies.Accepted(content.Id);
    }

    private ValueList<QueueEvent> Facts(Submission submission, StagedContent staged, ContentIntake content, DomainName self)
    {
        var mail = submission.Mail;
        var accepted = new MessageAccepted(
            Complete(mail.From, self), submission.Recipients, submission.Origin, staged.Length, staged.Sha256,
            mail.Body, mail.SmtpUtf8, mail.Ret, mail.EnvelopeId, content.IsEightBit);
        return [accepted, AddedFields.Compose(submission, content.Header, content.Id, self, clock.GetLocalNow())];
    }

    /// <summary>A sender without a domain is ours: bounces and relays need to know where that is.</summary>
    private static ReversePath Complete(ReversePath from, DomainName self) =>
        from.Mailbox is { IsLocalPartOnly: true } bare && bare.At(self) is { } complete ? ReversePath.Of(complete) : from;
}
