namespace Postoffice.Store.Queries;

/// <summary>A message, open or finished, as <c>postoffice history</c> shows it.</summary>
/// <param name="QueueId">Its queue id.</param>
/// <param name="AcceptedAt">When we took it, UTC.</param>
/// <param name="Sender">Reverse-path; empty for the null reverse-path.</param>
/// <param name="Size">Octets of the content.</param>
/// <param name="Client">Address of the client; null for local submission and our own notices.</param>
/// <param name="Protocol">SMTP, ESMTP, ESMTPS, LOCAL, DROP or DSN.</param>
/// <param name="Held">Who holds it and why; null when nobody does.</param>
/// <param name="FinishedAt">When the last recipient was settled, UTC; null while any is open.</param>
/// <param name="ContentPurged">Retention has removed the content; the facts stay.</param>
/// <param name="Recipients">All of them, by number.</param>
/// <param name="Rerouted">Where an operator sent it, who and why; null when it goes, or went, by the configuration.</param>
public sealed record HistoryEntry(
    string QueueId,
    DateTimeOffset AcceptedAt,
    string Sender,
    long Size,
    string? Client,
    string Protocol,
    string? Held,
    DateTimeOffset? FinishedAt,
    bool ContentPurged,
    IReadOnlyList<HistoryRecipient> Recipients,
    string? Rerouted = null);

/// <param name="Number">Recipient number.</param>
/// <param name="Address">Forward-path.</param>
/// <param name="Status"><c>pending</c>, <c>in-doubt</c> (pending too), <c>delivered</c>, <c>failed</c>, <c>expired</c> or <c>cancelled</c>.</param>
/// <param name="Attempts">Attempts begun.</param>
/// <param name="NextAttemptAt">Earliest instant of the next attempt, UTC; null when settled.</param>
/// <param name="LastReply">The peer's words or our reason, as last heard: hostile text.</param>
/// <param name="SettledAt">UTC; null while open.</param>
public sealed record HistoryRecipient(
    int Number, string Address, string Status, int Attempts, DateTimeOffset? NextAttemptAt, string? LastReply, DateTimeOffset? SettledAt);
