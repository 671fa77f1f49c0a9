using System.Security.Cryptography;
using System.Text;
using MimeKit;
using Postoffice.Store.Content;
using Postoffice.Store.Events;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Bounces;

/// <summary>
/// Composes a notification (RFC 3464) as multipart/report (RFC 6522): words for people, fields for programs, and of the original its header, or
/// all of it where the sender asked for that (RFC 3461 §4.3), or nothing where the store has lost it.
/// </summary>
internal sealed class DsnComposer(DomainName self, IContentStore content, RunnerOptions options, TimeProvider clock)
{
    private static readonly FormatOptions Format = Crlf();

    /// <param name="told">At least one.</param>
    /// <param name="id">Of the notification: part of its Message-ID, so composing it anew makes another one.</param>
    /// <returns>Whether it has octets beyond seven bits.</returns>
    public async ValueTask<bool> ComposeAsync(
        QueuedMessage message, IReadOnlyList<ReportedRecipient> told, ForwardPath to, QueueId id, IContentStaging staging, CancellationToken ct)
    {
        var isWhole = message.Accepted is { Ret: Ret.Full } accepted && accepted.Size <= options.BounceSize && told.Any(one => one.Action is DsnAction.Failed);
        await using var original = await ReturnedOriginal.OpenAsync(content, message, isWhole, ct);
        var triedUntil = message.AcceptedAt + options.Lifetime;
        var boundary = $"={RandomNumberGenerator.GetHexString(32, lowercase: true)}"; // nobody's message can hold it
        var report = new MultipartReport("delivery-status")
        {
            Words(DsnText.For(message, told, original, self, triedUntil, clock.GetUtcNow())),
            DsnFields.For(message, told, self, triedUntil, Format),
        };
        if (original is not null) report.Add(original.Part);
        report.Boundary = boundary;
        using var dsn = new MimeMessage { Body = report, Subject = DsnText.Subject(told), MessageId = $"{id}.dsn@{self}", Date = clock.GetUtcNow() };
        dsn.From.Add(new MimeKit.MailboxAddress("Mail delivery", $"MAILER-DAEMON@{self}"));
        dsn.Headers.Add(To(to));
        dsn.Headers.Add(HeaderId.AutoSubmitted, "auto-replied"); // RFC 3834 §5
        if (original is { IsEightBit: true }) report.Headers.Add(HeaderId.ContentTransferEncoding, "8bit"); // RFC 2045 §6.4: as its parts

        using var buffer = new MemoryStream(); // a few kilobytes and the bounded header of the original
        await dsn.WriteToAsync(Format, buffer, ct);
        buffer.Write("\r\n"u8); // MimeKit leaves the last line open
        var octets = buffer.GetBuffer().AsMemory(0, (int)buffer.Length);
        var end = octets.Span.LastIndexOf(Encoding.Latin1.GetBytes($"\r\n--{boundary}--"));
        await staging.WriteAsync(octets[..end], ct);
        if (original is not null) await original.WriteToAsync(staging, ct); // the last part has its header only so far
        await staging.WriteAsync(octets[end..], ct);
        return original is { IsEightBit: true } || !to.Mailbox.IsAscii;
    }

    private static TextPart Words(string text) => new("plain")
    {
        Text = text,
        ContentTransferEncoding = Ascii.IsValid(text) ? ContentEncoding.SevenBit : ContentEncoding.QuotedPrintable,
    };

    /// <summary>As it is, also beyond ASCII (RFC 6532 §3.2): an address parser has nothing to say about it any more.</summary>
    private static Header To(ForwardPath to)
    {
        var header = new Header(HeaderId.To, "");
        header.SetRawValue(Encoding.UTF8.GetBytes($" {to}\r\n"));
        return header;
    }

    private static FormatOptions Crlf()
    {
        var format = FormatOptions.Default.Clone();
        format.NewLineFormat = NewLineFormat.Dos;
        return format;
    }
}
