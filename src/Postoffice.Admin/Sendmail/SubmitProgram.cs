using Postoffice.Store.Configuration;
using Postoffice.Store.Mail;
using Postoffice.Store.Native;
using Postoffice.Store.Submission;

namespace Postoffice.Admin.Sendmail;

/// <summary>
/// <c>sendmail</c>: reads a message, gives it to the listener, and to the drop directory when the listener does not take it now. It ends with 0
/// only when one of them has it durably.
/// </summary>
internal sealed class SubmitProgram(string program, SendmailOptions options, Settings settings, Screen screen)
{
    public async Task<int> RunAsync(CancellationToken ct)
    {
        if (Sender() is not { } sender) return Fail(ExitCode.NoUser, $"Unknown sender <{PrintableText.Escape(options.Sender)}>");
        var own = string.IsNullOrWhiteSpace(options.FullName) ? null : await OwnName.FindAsync(settings, ct);
        try
        {
            await using var message = await SpooledMessage.ReadAsync(screen.Input, !options.IgnoreDots, header => FromField(header, sender, own), ct);
            if (Recipients(message.Header) is not { Count: > 0 } recipients) return Fail(ExitCode.NoUser, "No recipients");
            var submission = new Submission(sender, recipients, options.Notify, options.Ret, options.EnvelopeId, options.Body);
            var result = await SubmissionSession.SubmitAsync(ServicePlaces.SubmissionSocket(settings), submission, message.Open, screen.Clock, ct);
            return result switch
            {
                SubmissionResult.Accepted accepted => Taken(accepted),
                SubmissionResult.Refused refused => Fail(CodeOf(refused.Reply), $"The message was refused: {Shown(refused.Reply)}"),
                SubmissionResult.NoRecipient none => NoneTaken(none),
                SubmissionResult.NotNow later => Drop(submission, message, later),
                _ => throw new InvalidOperationException($"{result}"),
            };
        }
        catch (UnusableMessageException unusable)
        {
            return Fail(ExitCode.Data, unusable.Message);
        }
        catch (IOException trouble)
        {
            return Fail(ExitCode.InputOutput, $"The message could not be read: {trouble.Message}");
        }
    }

    /// <summary>C-CLI-24: what -f says, else who calls. Null when it is no address.</summary>
    private ReversePath? Sender()
    {
        if (options.Sender is not { } given)
        {
            var user = SystemUser.Find(Libc.GetUid())?.Name ?? "nobody";
            return ReversePath.TryParse(user, smtpUtf8: true, out var own, localPartOnly: true) ? own : null;
        }
        if (given.Trim() is "" or "<>") return ReversePath.Null;
        return AddressList.Parse(given) is [{ Path: { } path }] ? ReversePath.Of(path.Mailbox) : null;
    }

    /// <summary>A name given by -F makes the From field that is missing; without one the listener makes it.</summary>
    private HeaderField? FromField(MessageHeader header, ReversePath sender, DomainName? own)
    {
        if (own is null || header.Has("From") || sender.Mailbox is not { } mailbox) return null;
        var full = mailbox.IsLocalPartOnly ? mailbox.At(own) : mailbox;
        return full is null ? null : FullName.FromField(options.FullName!, full);
    }

    private List<ForwardPath> Recipients(MessageHeader header)
    {
        var recipients = new List<ForwardPath>();
        foreach (var operand in options.Operands)
        {
            foreach (var address in AddressList.Parse(operand))
            {
                if (address.Path is { } path) recipients.Add(path);
                else screen.Complain(program, $"Ignoring unknown recipient <{PrintableText.Escape(address.Text)}>"); // C-CLI-27
            }
        }
        if (!options.RecipientsFromHeader) return [.. recipients.Distinct()];
        foreach (var address in header.Recipients())
        {
            if (address.Path is { } path) recipients.Add(path);
            else screen.Complain(program, $"cannot mail to {PrintableText.Escape(address.Text)}"); // C-CLI-30
        }
        return [.. recipients.Distinct()];
    }

    private int Taken(SubmissionResult.Accepted accepted)
    {
        if (accepted.Refusals.Count == 0) return ExitCode.Ok;
        Complain(accepted.Refusals);
        return Fail(ExitCode.NoUser, "The message was sent to the other recipients.");
    }

    private int NoneTaken(SubmissionResult.NoRecipient none)
    {
        Complain(none.Refusals);
        return Fail(ExitCode.NoUser, "No recipient can be reached; nothing was sent.");
    }

    private void Complain(IReadOnlyList<RefusedRecipient> refusals)
    {
        foreach (var (recipient, reply) in refusals)
        {
            screen.Complain(program, $"Ignoring unknown recipient <{PrintableText.Escape($"{recipient}")}>: {Shown(reply)}");
        }
    }

    /// <summary>What the listener would refuse later is refused now, while somebody is there to be told.</summary>
    private int Drop(Submission submission, SpooledMessage message, SubmissionResult.NotNow later)
    {
        Complain(later.Refusals);
        var limit = settings.Octets("size", 0, OctetUnits.Decimal);
        if (limit > 0 && message.Length > limit) return Fail(ExitCode.Data, $"The message has {message.Length} octets, and {limit} are the limit (size=). It was not sent.");

        var directory = ServicePlaces.DropDirectory(settings);
        try
        {
            DropFile.Write(directory, Envelope(submission with { Recipients = later.Left }), message.Open());
            if (options.Verbose) screen.Complain(program, $"{later.Why}; the message waits in {directory} until a listener takes it in.");
            return later.Refusals.Count == 0 ? ExitCode.Ok : ExitCode.NoUser;
        }
        catch (IOException trouble)
        {
            return Fail(
                ExitCode.Temporary,
                $"The mail service does not take the message now ({later.Why}), nor can it be left in {directory} ({trouble.Message}). Start postoffice-smtpd and send it again.");
        }
    }

    private static DropEnvelope Envelope(Submission submission) => new(
        submission.From,
        [.. submission.Recipients],
        Notify: submission.Notify,
        Ret: submission.Ret,
        EnvelopeId: submission.EnvelopeId);

    private int Fail(int exitCode, string sentence)
    {
        screen.Complain(program, sentence);
        return exitCode;
    }

    /// <summary>RFC 3463: X.1.x addresses, X.7.x rights, X.6.x and the rest the content.</summary>
    private static int CodeOf(Reply reply) => reply.Status switch
    {
        { Subject: 1 } => ExitCode.NoUser,
        { Subject: 7 } => ExitCode.NotPermitted,
        { Subject: 2 or 3 or 6 } => ExitCode.Data,
        _ => ExitCode.Unavailable,
    };

    private static string Shown(Reply reply) => PrintableText.Escape($"{reply}".Replace('\n', ' '));
}
