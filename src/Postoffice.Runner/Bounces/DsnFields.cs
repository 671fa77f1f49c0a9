using System.Text;
using MimeKit;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Bounces;

/// <summary>What a program reads: the fields of message/delivery-status (RFC 3464 §2). All values are ASCII; a peer's words are cut and escaped.</summary>
internal static class DsnFields
{
    private const int MaxDiagnosticCharacters = 900;

    public static MessageDeliveryStatus For(QueuedMessage message, IReadOnlyList<QueuedRecipient> failed, DomainName self)
    {
        var status = new MessageDeliveryStatus();
        var about = new HeaderList();
        if (message.Accepted.EnvelopeId is { } envelope) about.Add("Original-Envelope-Id", Ascii(envelope));
        about.Add("Reporting-MTA", $"dns; {self}");
        about.Add("Arrival-Date", MimeKit.Utils.DateUtils.FormatDate(message.AcceptedAt));
        status.StatusGroups.Add(about);
        foreach (var recipient in failed) status.StatusGroups.Add(Of(recipient));
        return status;
    }

    private static HeaderList Of(QueuedRecipient recipient)
    {
        var fields = new HeaderList();
        if (recipient.Accepted.OriginalRecipient is { } original) fields.Add("Original-Recipient", Ascii(original));
        fields.Add("Final-Recipient", Typed(recipient.Accepted.To.Mailbox));
        fields.Add("Action", "failed");
        fields.Add("Status", StatusOf(recipient).ToString());
        if (recipient.Last?.Reply is { } reply)
        {
            if (recipient.LastHost is { } host) fields.Add("Remote-MTA", $"dns; {host}");
            fields.Add("Diagnostic-Code", $"smtp; {Ascii(reply.ToString())}");
        }
        else if (recipient.Last?.Reason is { } reason)
        {
            fields.Add("Diagnostic-Code", $"X-Postoffice; {Ascii(reason)}");
        }
        return fields;
    }

    /// <summary>The peer's own code while its class fits "failed"; 4.4.7 is "message expired" (RFC 3463 §3.5), which here is final.</summary>
    private static EnhancedStatusCode StatusOf(QueuedRecipient recipient)
    {
        if (recipient.State is RecipientState.Expired) return new(5, 4, 7);
        return recipient.Last?.Reply?.Status is { Class: 5 } said ? said : new(5, 0, 0);
    }

    /// <summary>An address with its type (RFC 3464 §2.1.2); one that is not ASCII in the form of RFC 6533 §3.</summary>
    private static string Typed(Mailbox mailbox)
    {
        if (mailbox.IsAscii) return $"rfc822; {mailbox}";
        var text = new StringBuilder("utf-8; ");
        foreach (var rune in mailbox.ToString().EnumerateRunes())
        {
            if (rune.Value is > ' ' and < 0x7F and not '\\') text.Append(rune);
            else text.Append($"\\x{{{rune.Value:X}}}");
        }
        return text.ToString();
    }

    private static string Ascii(string hostile)
    {
        var text = new StringBuilder();
        foreach (var character in PrintableText.Escape(hostile.Replace('\n', ' '), MaxDiagnosticCharacters))
        {
            text.Append(character is >= ' ' and <= '~' ? character : '?');
        }
        return text.ToString();
    }
}
