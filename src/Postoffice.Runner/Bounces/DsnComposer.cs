using MimeKit;
using Postoffice.Store.Content;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Bounces;

/// <summary>Composes a failure notification (RFC 3464) as multipart/report (RFC 6522): words for people, fields for programs, the original's header.</summary>
internal sealed class DsnComposer(DomainName self, IContentStore content, TimeProvider clock)
{
    private static readonly FormatOptions Format = Crlf();

    /// <param name="failed">At least one.</param>
    /// <param name="id">Of the notification: part of its Message-ID, so composing it anew makes another one.</param>
    public async ValueTask ComposeAsync(
        QueuedMessage message, IReadOnlyList<QueuedRecipient> failed, ForwardPath to, QueueId id, IContentStaging staging, CancellationToken ct)
    {
        var report = new MultipartReport("delivery-status")
        {
            new TextPart("plain") { Text = DsnText.For(message, failed, self, clock.GetUtcNow()) },
            DsnFields.For(message, failed, self),
            await OriginalHeader.ReadAsync(content, message, ct),
        };
        using var dsn = new MimeMessage { Body = report, Subject = "Undelivered mail", MessageId = $"{id}.dsn@{self}", Date = clock.GetUtcNow() };
        dsn.From.Add(new MimeKit.MailboxAddress("Mail delivery", $"MAILER-DAEMON@{self}"));
        dsn.Headers.Add(HeaderId.To, to.ToString()); // as it is: an address parser has nothing to say about it any more
        dsn.Headers.Add(HeaderId.AutoSubmitted, "auto-replied"); // RFC 3834 §5

        using var octets = new MemoryStream(); // a few kilobytes and the bounded header of the original
        await dsn.WriteToAsync(Format, octets, ct);
        await staging.WriteAsync(octets.GetBuffer().AsMemory(0, (int)octets.Length), ct);
    }

    private static FormatOptions Crlf()
    {
        var format = FormatOptions.Default.Clone();
        format.NewLineFormat = NewLineFormat.Dos;
        return format;
    }
}
