using System.Text.Json;

namespace Postoffice.Store.Queries;

/// <summary>One fact of a message as the journal holds it: also one that this version cannot read.</summary>
/// <param name="Position">Order of the whole journal.</param>
/// <param name="Version">Order within the message, from 1.</param>
/// <param name="Name">The stored name, such as <c>attempt-ended.v1</c>.</param>
/// <param name="RecordedAt">UTC.</param>
/// <param name="CausedBy">Position of the fact that led here; null when the outside did.</param>
/// <param name="Data">The fact itself: peers' words in it are hostile text. Null when the row is damaged.</param>
/// <param name="Damaged">What stands in the row when it is no JSON: hostile text. Null for all others.</param>
/// <param name="CausedByStream">Stream of the fact that led here, such as <c>message/0123456789AB</c>; null when it is the message's own.</param>
public sealed record TraceEntry(
    long Position, int Version, string Name, DateTimeOffset RecordedAt, long? CausedBy, JsonElement? Data, string? Damaged = null,
    string? CausedByStream = null);
