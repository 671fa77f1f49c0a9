using Postoffice.Store.Mail;
using Postoffice.Store.Sqlite;

namespace Postoffice.Store.Content;

/// <summary>Content in the store's own file, so that one transaction covers facts and octets, and one file is the backup.</summary>
internal sealed class SqliteContentStore(Database database) : IContentStore
{
    public IContentStaging Stage(QueueId message) => new SqliteContentStaging(database, message);

    public ValueTask<Stream?> OpenAsync(QueueId message, CancellationToken ct)
    {
        var length = database.Read(tx => tx.Number("SELECT length FROM content WHERE queue_key = ?1 AND state = 'kept'", message.Value));
        return ValueTask.FromResult<Stream?>(length is { } octets ? new SqliteContentStream(database, message, octets) : null);
    }
}
