namespace Postoffice.EndToEnd.Tests;

/// <summary>
/// A program run as nobody in namespaces of its own (unshare(1)): it reads some files of <c>/etc</c> as the test wrote them, and whatever
/// processes it began end with it. Needs root.
/// </summary>
internal sealed class SecludedService : IAsyncDisposable
{
    // Its end is the end of the namespace: it is process 1 there.
    private const string Script =
        $$"""for file in "$0"/*; do mount --bind "$file" "/etc/${file##*/}" || exit; done; exec setpriv --reuid {{PeerServer.Nobody}} --regid {{PeerServer.Nobody}} --clear-groups "$@" """;

    private readonly Service unshare;

    private SecludedService(Service unshare) => this.unshare = unshare;

    /// <summary>What it says on standard output and standard error.</summary>
    public string Said => unshare.Said;

    /// <param name="etc">A folder; its files stand in for those of the same names in <c>/etc</c>, which must be there.</param>
    public static SecludedService Start(string etc, string program, params IEnumerable<string> arguments) =>
        new(Service.Start("unshare", ["--mount", "--pid", "--fork", "--kill-child", "sh", "-c", Script, etc, program, .. arguments]));

    public Task SaysAsync(string words) => unshare.SaysAsync(words);

    public async ValueTask DisposeAsync()
    {
        if (!unshare.HasExited)
        {
            foreach (var first in unshare.Children()) await Outcome.OfAsync("kill", ["-KILL", $"{first}"]);
            await unshare.EndAsync(); // only when every process of the namespace is gone
        }
        await unshare.DisposeAsync();
    }
}
