using Microsoft.Win32.SafeHandles;
using Postoffice.Smtp.Dialogue;
using Postoffice.Smtp.Grammar;
using Postoffice.Store.Events;
using Postoffice.Store.Log;
using Postoffice.Store.Mail;
using Postoffice.Store.Native;
using Postoffice.Store.Submission;
using Postoffice.Store.Wire;

namespace Postoffice.Smtp.Intake;

/// <summary>What became of one file of the drop directory.</summary>
internal abstract record DropOutcome
{
    private DropOutcome()
    {
    }

    /// <summary>It is a message now.</summary>
    public sealed record Taken : DropOutcome;

    /// <summary>It never will be one.</summary>
    /// <param name="Status">Why, for programs; null when there is no code for it.</param>
    /// <param name="Mail">What its owner is told of; null when the file holds no message of his.</param>
    public sealed record Refused(string Reason, EnhancedStatusCode? Status = null, DroppedMail? Mail = null) : DropOutcome;

    /// <summary>Our own trouble: the file stays.</summary>
    public sealed record Later(string Reason) : DropOutcome;
}

/// <summary>A message as the drop directory holds it.</summary>
/// <param name="Owner">Of the file.</param>
/// <param name="Header">The first octets of the content: so much of it as tells the owner which message it is.</param>
internal sealed record DroppedMail(LocalCaller Owner, DropEnvelope Envelope, byte[] Header);

/// <summary>
/// Makes one file of the drop directory a message, as if its owner had handed it in over the submission socket; only that a recipient who
/// is unknown is told to him by a bounce, since he is not there any more, and that max-recipients= does not count: nobody could split the message now.
/// </summary>
internal sealed class DropReader(ListenerServices services)
{
    private const int Piece = 64 * 1024;
    private const int MaxHeaderShown = 32 * 1024;

    public async ValueTask<DropOutcome> TakeAsync(string path, string name)
    {
        if (!DropName.IsGood(name)) return new DropOutcome.Refused("its name is not one that sendmail makes");
        // Opening a device or a socket does things; and whatever the name is now, it never waits for the other end of a pipe, never follows a link.
        if (SafeFile.TryStat(path, out var named) && !named.IsRegular) return new DropOutcome.Refused("is not a regular file");
        if (!SafeFile.TryOpen(path, Libc.O_RDONLY | Libc.O_NONBLOCK, out var handle, out var error))
        {
            return error is Libc.ELOOP or Libc.EACCES or Libc.EPERM
                ? new DropOutcome.Refused($"cannot be opened (errno {error})")
                : new DropOutcome.Later($"cannot be opened (errno {error})");
        }
        using (handle) return await TakeAsync(handle, name);
    }

    private async ValueTask<DropOutcome> TakeAsync(SafeFileHandle handle, string name)
    {
        var options = services.Rules.Current.Options;
        if (!SafeFile.TryStat(handle, out var file)) return new DropOutcome.Later("cannot be looked at");
        if (!file.IsRegular) return new DropOutcome.Refused("is not a regular file");
        if (file.Links != 1) return new DropOutcome.Refused("has more than one name, so its owner need not have put it here");

        await using var stream = new FileStream(handle, FileAccess.Read, bufferSize: 0);
        DroppedMail? mail = null;
        DropOutcome outcome;
        try
        {
            mail = await ReadMailAsync(stream, file.Uid);
            outcome = mail is null ? new DropOutcome.Refused("does not begin with an envelope") : await AcceptAsync(stream, mail, name, options);
        }
        catch (Exception surprise) when (surprise is not (IOException or StoreUnavailableException))
        {
            ListenerLog.DropSurprised(services.Log, name, surprise);
            outcome = new DropOutcome.Refused("cannot be taken in by this version of Postoffice");
        }
        return outcome is DropOutcome.Refused refused ? refused with { Mail = mail } : outcome;
    }

    /// <summary>Leaves the file at its content; null when it is no drop file.</summary>
    private static async ValueTask<DroppedMail?> ReadMailAsync(FileStream stream, uint owner)
    {
        if (DropFile.ReadEnvelope(stream) is not { } envelope) return null;
        var content = stream.Position;
        var header = new byte[(int)Math.Min(MaxHeaderShown, stream.Length - content)];
        var read = await stream.ReadAtLeastAsync(header, header.Length, throwOnEndOfStream: false);
        stream.Position = content;
        return new DroppedMail(LocalCaller.Of(owner), envelope, header[..read]);
    }

    private async ValueTask<DropOutcome> AcceptAsync(FileStream octets, DroppedMail mail, string name, ListenerOptions options)
    {
        var length = octets.Length - octets.Position;
        if (options.MaxMessageOctets > 0 && length > options.MaxMessageOctets) return Refused(Replies.TooLarge); // before it is read
        if (!services.Space.Fits(length)) return new DropOutcome.Later(Replies.StoreFull.Text);

        var id = services.Ids.Next();
        await using var content = new ContentIntake(id, services.Content.Stage(id), services.Space, options) { Lines = new ContentScanner(int.MaxValue) };
        var piece = new byte[Piece];
        for (int read; (read = await octets.ReadAsync(piece)) > 0;)
        {
            content.Lines.Scan(piece.AsSpan(0, read));
            await content.TakeAsync(piece.AsMemory(0, read));
        }
        content.Lines.Finish();

        var import = new StreamAppend(StreamId.Drop(name), ExpectedVersion.NoStream, [new DropImported(id)]);
        var reply = content.Judge(content.Lines.Defects)
            ?? await services.Acceptance.AcceptAsync(SubmissionOf(mail.Envelope, mail.Owner), content, options.HostName, import);
        return reply switch
        {
            { IsPositive: true } => new DropOutcome.Taken(),
            { IsPermanent: true } => Refused(reply),
            _ => new DropOutcome.Later(reply.Text),
        };
    }

    private static DropOutcome.Refused Refused(Reply reply) => new($"is refused: {reply.Text}", reply.Status);

    private static Submission SubmissionOf(DropEnvelope envelope, LocalCaller owner)
    {
        var smtpUtf8 = envelope.From.Mailbox is { IsAscii: false } || envelope.Recipients.Any(to => !to.Mailbox.IsAscii);
        var mail = new MailArguments(envelope.From, SmtpUtf8: smtpUtf8, Ret: envelope.Ret == Ret.Unspecified ? null : envelope.Ret, EnvelopeId: envelope.EnvelopeId);
        Notify? notify = envelope.Notify == Notify.Unspecified ? null : envelope.Notify;
        var recipients = envelope.Recipients.Distinct().Select((to, index) => new AcceptedRecipient(index + 1, to, notify)).ToValueList();
        return new Submission(mail, recipients, new MessageOrigin("DROP", Uid: owner.Uid), owner);
    }
}
