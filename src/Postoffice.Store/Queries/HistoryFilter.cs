using Postoffice.Store.Mail;

namespace Postoffice.Store.Queries;

/// <summary>Which messages of the history are wanted; what is null asks for nothing.</summary>
public sealed record HistoryFilter
{
    /// <summary>What <see cref="Status"/> may be.</summary>
    public static readonly IReadOnlyList<string> Statuses = ["pending", "in-doubt", "delivered", "failed", "expired", "cancelled", "held"];

    /// <summary>The reverse-path: an address, or a pattern in which <c>*</c> stands for anything. <c>&lt;&gt;</c> is the null reverse-path.</summary>
    public string? From { get; init; }

    /// <summary>The forward-path of any of its recipients: an address or a pattern.</summary>
    public string? To { get; init; }

    /// <summary>Accepted at this instant or later.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Accepted before this instant.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Any of its recipients stands so; <c>pending</c>: any is not settled; <c>held</c>: the message is.</summary>
    public string? Status { get; init; }

    /// <summary>At most this many; null for all.</summary>
    public int? Limit { get; init; }

    /// <summary>Only what this local user handed in; null for everybody's.</summary>
    public uint? SubmittedBy { get; init; }

    /// <summary>What a message folded from its facts answers; the same question as the SQL of <see cref="MailHistory"/> asks of rows.</summary>
    internal bool Matches(HistoryEntry entry, long? uid) =>
        (From is null || AddressPattern.Of(From).Matches(entry.Sender))
        && (To is null || entry.Recipients.Any(recipient => AddressPattern.Of(To).Matches(recipient.Address)))
        && (Since is null || entry.AcceptedAt >= Since)
        && (Until is null || entry.AcceptedAt < Until)
        && Status switch
        {
            null => true,
            "held" => entry.Held is not null,
            "pending" => entry.FinishedAt is null,
            _ => entry.Recipients.Any(recipient => recipient.Status == Status),
        }
        && (SubmittedBy is null || uid == SubmittedBy);
}

/// <summary>An address as an operator gives it: exact, or with <c>*</c> for anything. Nothing else in it means anything (A14).</summary>
internal readonly record struct AddressPattern(string Text, bool IsPattern)
{
    public static AddressPattern Of(string given)
    {
        if (given == "<>") return new("", IsPattern: false);
        if (given.Contains('*')) return new(given, IsPattern: true);
        return new(Mailbox.TryParse(given, smtpUtf8: true, out var mailbox, localPartOnly: true) ? mailbox.ToString() : given, IsPattern: false);
    }

    /// <summary>For <c>LIKE … ESCAPE '\'</c>: the operator's asterisks are the only wildcards.</summary>
    public string Like => Text.Replace(@"\", @"\\").Replace("%", @"\%").Replace("_", @"\_").Replace('*', '%');

    public bool Matches(string address) => IsPattern
        ? System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(Text.Replace(@"\", @"\\").Replace("?", @"\?"), address, ignoreCase: true)
        : address == Text;
}
