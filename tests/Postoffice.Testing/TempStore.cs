using Microsoft.Extensions.Logging.Abstractions;
using Postoffice.Store;

namespace Postoffice.Testing;

/// <summary>A real store in a directory of its own, gone with the test.</summary>
public sealed class TempStore : IDisposable
{
    private readonly TimeProvider clock;

    public TempStore(TimeProvider? clock = null)
    {
        this.clock = clock ?? TimeProvider.System;
        Directory = new TempDirectory();
        Options = new StoreOptions { Path = Directory.File("postoffice.db") };
        Store = Open();
    }

    public TempDirectory Directory { get; }
    public StoreOptions Options { get; }
    public MailStore Store { get; private set; }

    /// <summary>Opens the store once more, as another process would; the caller disposes it.</summary>
    public MailStore Open() => MailStore.Open(Options, clock, NullLogger.Instance);

    /// <summary>Closes the store and opens it again, as a restart does.</summary>
    public void Reopen()
    {
        Store.Dispose();
        Store = Open();
    }

    public void Dispose()
    {
        Store.Dispose();
        Directory.Dispose();
    }
}
