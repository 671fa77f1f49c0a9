using System.Security.Cryptography;
using Postoffice.Store.Content;
using Postoffice.Store.Events;
using Postoffice.Store.Log;
using Postoffice.Store.Mail;
using Postoffice.Store.Sqlite;

namespace Postoffice.Store.Maintenance;

/// <summary>Reads the content of every open message and compares it with the length and the digest of its acceptance.</summary>
internal sealed class OpenContentCheck(Database database, IProgress<StoreProgress>? progress, CancellationToken ct)
{
    private const int BufferSize = 128 * 1024;
    private const string ToDo = "Its recipients cannot get it from here: ask the sender to send it again, or take the content from a backup.";

    /// <returns>How many messages were looked at.</returns>
    public long Run(Action<Finding> found)
    {
        long done = 0;
        var total = database.Read(tx => tx.Number("SELECT count(DISTINCT queue_id) FROM due_delivery") ?? 0);
        for (var last = ""; Next(last) is { } id; last = id.ToString())
        {
            ct.ThrowIfCancellationRequested();
            // A message that was settled meanwhile may lose its content; only what is wrong while it is still open counts.
            if (Wrong(id) is { } wrong && IsOpen(id)) found(new Finding($"Message {id} is open, but {wrong}.", ToDo));
            done++;
            progress?.Report(new StoreProgress("content of open messages", done, Math.Max(total, done)));
        }
        return done;
    }

    private QueueId? Next(string after) => database.Read(tx =>
        tx.One("SELECT queue_id FROM due_delivery WHERE queue_id > ?1 ORDER BY queue_id LIMIT 1", row => row.Text(0), after)) is { } text
            ? QueueId.Parse(text)
            : null;

    private bool IsOpen(QueueId id) =>
        database.Read(tx => tx.Number("SELECT 1 FROM due_delivery WHERE queue_id = ?1 LIMIT 1", id.ToString())) is not null;

    private string? Wrong(QueueId id)
    {
        var row = database.Read(tx => tx.One(
            $"SELECT {JournalRow.Columns} FROM event WHERE stream = ?1 AND version = 1", JournalRow.Read, StreamId.Message(id).Name));
        if (row is null) return "the journal has no facts of it";
        try
        {
            return row.Decode().Fact is MessageAccepted accepted ? Wrong(id, accepted) : $"its first fact is {row.Name} and not an acceptance";
        }
        catch (UnreadableFactException)
        {
            return "its acceptance cannot be read";
        }
    }

    private string? Wrong(QueueId id, MessageAccepted accepted)
    {
        var kept = database.Read(tx => tx.Number("SELECT length FROM content WHERE queue_key = ?1 AND state = 'kept'", id.Value));
        if (kept is not { } length) return "its content is not there";
        if (length != accepted.Size) return $"its content has {length} octets instead of {accepted.Size}";
        using var content = new SqliteContentStream(database, id, length);
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[BufferSize];
        try
        {
            for (int read; (read = content.Read(buffer)) > 0;)
            {
                ct.ThrowIfCancellationRequested();
                digest.AppendData(buffer, 0, read);
            }
        }
        catch (InvalidDataException cut)
        {
            return $"its content cannot be read ({cut.Message})";
        }
        return Convert.ToHexStringLower(digest.GetHashAndReset()) == accepted.Sha256 ? null : "its content is not what was accepted (SHA-256 differs)";
    }
}
