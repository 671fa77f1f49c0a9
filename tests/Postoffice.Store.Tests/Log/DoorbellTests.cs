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
    public async Task A_holder_that_ends_after_it_was_followed_leaves_its_followers_bell_alone()
    {
        using var directory = new TempDirectory();
        var store = directory.File("postoffice.db");
        var earlier = new DoorbellListener(store);
        using var follower = new DoorbellListener(store);
        using var bell = new Doorbell(store, TimeProvider.System);

        earlier.Dispose();
        bell.Ring();

        await follower.WaitAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Ringing_where_nobody_listens_does_nothing()
    {
        using var directory = new TempDirectory();
        using var bell = new Doorbell(directory.File("postoffice.db"), TimeProvider.System);

        Assert.Null(Record.Exception(bell.Ring));
    }
}
