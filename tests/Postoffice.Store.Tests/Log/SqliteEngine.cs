using Postoffice.Store.Content;
using Postoffice.Store.Leases;
using Postoffice.Store.Log;
using Postoffice.Testing;
using Postoffice.Testing.Contracts;

namespace Postoffice.Store.Tests.Log;

internal sealed class SqliteEngine : IEngine
{
    private readonly TempStore temp = new();

    public IEventLog Events => temp.Store.Events;
    public IContentStore Content => temp.Store.Content;
    public ILeases Leases => temp.Store.Leases;

    public ValueTask DisposeAsync()
    {
        temp.Dispose();
        return ValueTask.CompletedTask;
    }
}

public sealed class SqliteEventLogTests : EventLogContract
{
    protected override Task<IEngine> OpenAsync() => Task.FromResult<IEngine>(new SqliteEngine());
}

public sealed class SqliteContentStoreTests : ContentStoreContract
{
    protected override Task<IEngine> OpenAsync() => Task.FromResult<IEngine>(new SqliteEngine());
}
