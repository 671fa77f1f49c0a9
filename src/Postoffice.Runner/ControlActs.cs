using System.Runtime.CompilerServices;
using Postoffice.Runner.Scheduling;
using Postoffice.Store.Control;

namespace Postoffice.Runner;

/// <summary>What the runner does when it is asked over its control socket.</summary>
internal static class ControlActs
{
    private const int Temporary = 75; // sysexits.h

    /// <summary><c>runq</c>: everything that waits is due now, whoever asks (C-CLI-43). It ends when every attempt has begun or has its place.</summary>
    /// <param name="dispatcher">The one at work; null while another runner holds the lease.</param>
    public static async IAsyncEnumerable<ControlAnswer> RunAsync(Dispatcher? dispatcher, [EnumeratorCancellation] CancellationToken ct)
    {
        if (dispatcher is null)
        {
            yield return ControlAnswer.Ended(Temporary, "This runner waits for the lease: another one delivers, or did until a moment ago.");
            yield break;
        }
        await dispatcher.RunNowAsync((_, _) => true, ct);
        yield return ControlAnswer.Ended();
    }
}
