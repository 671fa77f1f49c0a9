using Postoffice.Store.Log;
using Postoffice.Testing;

namespace Postoffice.Store.Tests.Log;

public sealed class DoorbellTests
{
    [Theory]
    [InlineData("short")]
    [InlineData("a-folder-whose-name-is-so-long-that-the-whole-path-does-not-fit-into-the-107-octets-of-a-unix-socket-address-any-more")]
    public async Task A_ring_wakes_whoever_waits(string folder)
    {
        using var directory = new TempDirectory();
        System.IO.Directory.CreateDirectory(directory.File(folder));
        var store = Path.Join(directory.Path, folder, "postoffice.db");
        using var listener = new DoorbellListener(store);
        using var bell = new Doorbell(store, TimeProvider.System);

        bell.Ring();

        await listener.WaitAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Ringing_where_nobody_listens_does_nothing()
    {
        using var directory = new TempDirectory();
        using var bell = new Doorbell(directory.File("postoffice.db"), TimeProvider.System);

        Assert.Null(Record.Exception(bell.Ring));
    }
}
