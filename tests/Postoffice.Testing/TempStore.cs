using Microsoft.Extensions.Logging.Abstractions;
using Postoffice.Store;

namespace Postoffice.Testing;

/// <summary>A real store in a directory of its own, gone with the test.</summary>
public sealed class TempStore : IDisposable
{
    public TempStore(TimeProvider? clock = null)
    {
        Directory = new TempDirectory();
        Options = new StoreOptions { Path = Directory.File("postoffice.db") };
        Store = MailStore.Open(Options, clock ?? TimeProvider.System, NullLogger.Instance);
    }

    public TempDirectory Directory { get; }
    public StoreOptions Options { get; }
    public MailStore Store { get; }

    public void Dispose()
    {
        Store.Dispose();
        Directory.Dispose();
    }
}
