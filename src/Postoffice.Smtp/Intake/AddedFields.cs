using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using Postoffice.Store.Events;
using Postoffice.Store.Mail;

namespace Postoffice.Smtp.Intake;

/// <summary>
/// The header fields a message gets from us, decided once (C-QUEUE-03, C-QUEUE-04): Received, X-Authentication-Warning when it is due,
/// then Message-ID, From and Date where the author left them out.
/// </summary>
internal static class AddedFields
{
    public static HeadersAdded Compose(Submission submission, HeaderScanner header, QueueId id, DomainName self, DateTimeOffset now)
    {
        var fields = new List<HeaderField> { Received(submission, id, self, now) };
        if (Warning(submission, self) is { } warning) fields.Add(warning);
        if (!header.HasMessageId) fields.Add(new HeaderField("Message-ID", $"<{RandomNumberGenerator.GetHexString(24, lowercase: true)}.{id}@{self}>"));
        if (!header.HasFrom) fields.Add(From(submission, self));
        if (!header.HasDate) fields.Add(new HeaderField("Date", Date(now)));
        return new HeadersAdded(fields.ToValueList(), header.HasHeader);
    }

    /// <summary>RFC 5322 §3.3, with a numeric zone.</summary>
    public static string Date(DateTimeOffset instant) =>
        instant.ToString("ddd, dd MMM yyyy HH:mm:ss ", CultureInfo.InvariantCulture) + instant.ToString("zzz", CultureInfo.InvariantCulture).Remove(3, 1);

    /// <summary>
    /// RFC 5321 §4.4. Says who handed the message in and how; never for whom, since every recipient sees it. A HELO that is no name stays
    /// in the journal: here the address stands for it.
    /// </summary>
    private static HeaderField Received(Submission submission, QueueId id, DomainName self, DateTimeOffset now)
    {
        var origin = submission.Origin;
        if (submission.Caller is { } caller)
            return new HeaderField("Received", $"by {self} (Postoffice, from userid {caller.Uid})\r\n\tid {id}; {Date(now)}");

        var literal = AddressLiteral.TryParseAddress(origin.Address, out var address) ? AddressLiteral.From(address) : AddressLiteral.From(IPAddress.None);
        var name = origin.Helo switch
        {
            { } helo when DomainName.TryParse(helo, out var domain) => domain.Value,
            { } helo when AddressLiteral.TryParse(helo, out var said) => said.ToString(),
            _ => literal.ToString(),
        };
        var tls = origin.Tls is null ? "" : $"\r\n\t({origin.Tls})";
        return new HeaderField("Received", $"from {name} ({literal})\r\n\tby {self} (Postoffice) with {origin.Protocol} id {id}{tls};\r\n\t{Date(now)}");
    }

    /// <summary>C-QUEUE-07: an ordinary user who sends as somebody else is named.</summary>
    private static HeaderField? Warning(Submission submission, DomainName self)
    {
        if (submission.Caller is not { IsRoot: false } caller) return null;
        var from = submission.Mail.From;
        var isHimself = from.Mailbox is { } sender && sender.LocalPart == caller.Login && (sender.IsLocalPartOnly || sender.Domain == self);
        return isHimself ? null : new HeaderField("X-Authentication-Warning", $"{self}: {caller.Login} set sender to <{from}> using -f");
    }

    /// <summary>The envelope's sender, with the caller's full name when he is the sender (C-QUEUE-08).</summary>
    private static HeaderField From(Submission submission, DomainName self)
    {
        if (submission.Mail.From.Mailbox is not { } sender) return new HeaderField("From", $"Mail Delivery System <MAILER-DAEMON@{self}>");
        var caller = submission.Caller;
        var own = caller is not null && sender.LocalPart == caller.Login && (sender.IsLocalPartOnly || sender.Domain == self);
        var name = own ? caller!.FullName : "";
        var address = sender.IsLocalPartOnly ? sender.At(self) ?? sender : sender;
        return new HeaderField("From", DisplayName.Write(name) is { Length: > 0 } shown ? $"{shown} <{address}>" : $"<{address}>");
    }
}
