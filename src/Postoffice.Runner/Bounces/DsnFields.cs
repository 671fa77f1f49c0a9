using System.Text;
using MimeKit;
using Postoffice.Store.Events;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Bounces;

/// <summary>What a program reads: the fields of message/delivery-status (RFC 3464 §2). All values are ASCII; a peer's words are cut and escaped.</summary>
internal static class DsnFields
{
    private const int MaxDiagnosticCharacters = 900; // with the field's name within the 998 octets of a line (RFC 5322 §2.1.1)
    private const int LineOctets = 76;
    private const string OwnType = "X-Postoffice";

    /// <param name="crlf">Ends lines with CRLF.</param>
    public static MessageDeliveryStatus For(
        QueuedMessage message, IReadOnlyList<ReportedRecipient> told, DomainName self, DateTimeOffset triedUntil, FormatOptions crlf)
    {
        var about = new HeaderList();
        if (message.Accepted.EnvelopeId is { } envelope) Add(about, "Original-Envelope-Id", Ascii(envelope));
        Add(about, "Reporting-MTA", $"dns; {self}");
        about.Add("Arrival-Date", MimeKit.Utils.DateUtils.FormatDate(message.AcceptedAt));
        var groups = new List<HeaderList> { about };
        foreach (var (recipient, action) in told)
        {
            var fields = Of(recipient, action);
            if (action is DsnAction.Delayed) fields.Add("Will-Retry-Until", MimeKit.Utils.DateUtils.FormatDate(triedUntil)); // RFC 3464 §2.3.9
            groups.Add(fields);
        }
        return new MessageDeliveryStatus { Content = new MimeContent(Octets(groups, crlf)) };
    }

    /// <summary>
    /// An empty line between two groups and none behind the last, where MimeKit would put one: to programs it begins one more recipient, of whom
    /// nothing is said (RFC 3464 §2.1).
    /// </summary>
    private static MemoryStream Octets(IEnumerable<HeaderList> groups, FormatOptions crlf)
    {
        var octets = new MemoryStream();
        foreach (var group in groups) group.WriteTo(crlf, octets);
        octets.SetLength(octets.Length - 2);
        octets.Position = 0;
        return octets;
    }

    private static HeaderList Of(QueuedRecipient recipient, DsnAction action)
    {
        var fields = new HeaderList();
        if (recipient.Accepted.OriginalRecipient is { } stored)
        {
            var original = OriginalRecipient.Parse(stored);
            var address = original.AddressType == OriginalRecipient.Utf8Type ? Utf8XText.Encode(original.Address) : Ascii(original.Address);
            Add(fields, "Original-Recipient", $"{original.AddressType}; {address}"); // out of its xtext (RFC 3461 §6.3)
        }
        Add(fields, "Final-Recipient", Typed(recipient.Accepted.To.Mailbox));
        fields.Add("Action", Word(action));
        fields.Add("Status", StatusOf(recipient, action).ToString());
        if (recipient.Last?.Reply is not null && recipient.LastHost is { } host) Add(fields, "Remote-MTA", $"dns; {Name(host)}");
        if (action is DsnAction.Failed or DsnAction.Delayed && Diagnostic(recipient) is { } diagnostic) Add(fields, "Diagnostic-Code", diagnostic);
        if (recipient.LastEndedAt is { } at) fields.Add("Last-Attempt-Date", MimeKit.Utils.DateUtils.FormatDate(at));
        return fields;
    }

    private static string Word(DsnAction action) => action switch
    {
        DsnAction.Failed => "failed",
        DsnAction.Delayed => "delayed",
        DsnAction.Delivered => "delivered",
        DsnAction.Relayed => "relayed",
        _ => throw new ArgumentOutOfRangeException(nameof(action), action, "no action"),
    };

    /// <summary>What a server said; what nobody but us says has a type of our own (RFC 3464 §2.3.6).</summary>
    private static string? Diagnostic(QueuedRecipient recipient) => recipient.Last switch
    {
        { Reply: { } reply } => $"{(recipient.LastHost is null ? OwnType : "smtp")}; {Ascii(reply.ToString())}",
        { Reason: { } reason } => $"{OwnType}; {Ascii(reason)}",
        _ => null,
    };

    /// <summary>Folded at spaces and nowhere else: the library would encode a long word, which these fields do not allow.</summary>
    private static void Add(HeaderList fields, string name, string value)
    {
        var text = new StringBuilder();
        var column = name.Length + 1;
        foreach (var word in value.Split(' '))
        {
            var isFolded = text.Length > 0 && column + 1 + word.Length > LineOctets;
            text.Append(isFolded ? "\r\n " : " ").Append(word);
            column = (isFolded ? 0 : column) + 1 + word.Length;
        }
        var header = new Header(name, "");
        header.SetRawValue(Encoding.Latin1.GetBytes($"{text}\r\n"));
        fields.Add(header);
    }

    /// <summary>A host's name, or its address as a literal (RFC 3464 §2.1.2, RFC 5321 §4.1.3).</summary>
    private static string Name(string host) => AddressLiteral.TryParseAddress(host, out var address) ? AddressLiteral.From(address).ToString() : host;

    /// <summary>
    /// The peer's own code while its class fits the action. 4.4.7 is "message expired" (RFC 3463 §3.5), which here is final, and also what is
    /// said of a delay.
    /// </summary>
    private static EnhancedStatusCode StatusOf(QueuedRecipient recipient, DsnAction action)
    {
        var said = recipient.Last?.Reply?.Status ?? recipient.Last?.Status;
        return action switch
        {
            DsnAction.Failed when recipient.State is RecipientState.Expired => new(5, 4, 7),
            DsnAction.Failed => said is { Class: 5 } failed ? failed : new(5, 0, 0),
            DsnAction.Delayed => said is { Class: 4 } delayed ? delayed : new(4, 4, 7),
            _ => said is { Class: 2 } taken ? taken : new(2, 0, 0),
        };
    }

    /// <summary>An address with its type (RFC 3464 §2.1.2); one that is not ASCII in the form of RFC 6533 §3.</summary>
    private static string Typed(Mailbox mailbox) =>
        mailbox.IsAscii ? $"rfc822; {mailbox}" : $"{OriginalRecipient.Utf8Type}; {Utf8XText.Encode(mailbox.ToString())}";

    private static string Ascii(string hostile) => PrintableText.EscapeToAscii(hostile.Replace('\n', ' '), MaxDiagnosticCharacters);
}
