using System.Runtime.CompilerServices;
using Postoffice.Runner.Conversations;
using Postoffice.Runner.Scheduling;
using Postoffice.Store.Control;
using Postoffice.Store.Queue;

namespace Postoffice.Runner;

/// <summary>What the runner does when it is asked over its control socket.</summary>
internal sealed class ControlActs(SwitchBoard board, TimeProvider clock)
{
    private const int Temporary = 75; // sysexits.h

    /// <summary>A queue that is full of attempts under way takes longer to be looked at; the wish stays.</summary>
    private static readonly TimeSpan BeginLimit = TimeSpan.FromSeconds(5);

    /// <summary>How long conversations are shown at most; the attempts go on.</summary>
    internal static readonly TimeSpan ShowLimit = TimeSpan.FromMinutes(30);

    /// <summary>A silent peer may take minutes; whoever watches learns that we are alive, and we whether he is.</summary>
    internal static readonly TimeSpan Quiet = TimeSpan.FromSeconds(20);

    private static readonly Func<QueuedMessage, QueuedRecipient, bool> Everything = (_, _) => true;
    private static readonly ControlAnswer Stopped = ControlAnswer.Ended(Temporary, "The runner stops, or another one took over; what waits will be tried.");

    /// <summary>
    /// <c>runq</c>: everything that waits is due now, whoever asks (C-CLI-43). It ends when the attempts have begun or have their places; verbose,
    /// when they have ended, and tells meanwhile what is said in every attempt under way that the asker may see in the queue.
    /// </summary>
    /// <param name="dispatcher">The one at work; null while another runner holds the lease.</param>
    public async IAsyncEnumerable<ControlAnswer> RunAsync(
        Dispatcher? dispatcher, ControlRequest request, ControlRights rights, [EnumeratorCancellation] CancellationToken ct)
    {
        if (dispatcher is null)
        {
            yield return ControlAnswer.Ended(Temporary, "This runner waits for the lease: another one delivers, or did until a moment ago.");
            yield break;
        }
        if (!request.Verbose)
        {
            yield return await BegunAsync(dispatcher.RunNow(Everything), ct);
            yield break;
        }
        using var listener = board.Listen(rights.QueueOf); // before the run: its first words count
        var run = dispatcher.RunNow(Everything);
        await foreach (var line in LinesAsync(listener, run.Ended, ct)) yield return new ControlAnswer { Said = line };
        yield return run.Ended.IsCanceled ? Stopped : ControlAnswer.Ended();
    }

    private async Task<ControlAnswer> BegunAsync(RunNow run, CancellationToken ct)
    {
        try
        {
            await run.Done.WaitAsync(BeginLimit, clock, ct);
            return ControlAnswer.Ended();
        }
        catch (TimeoutException)
        {
            return ControlAnswer.Ended();
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return Stopped;
        }
    }

    private async IAsyncEnumerable<string> LinesAsync(Listener listener, Task ended, [EnumeratorCancellation] CancellationToken ct)
    {
        using var over = new CancellationTokenSource(ShowLimit, clock);
        for (var last = Listener.MaxLines; last > 0;) // others' attempts may go on talking for ever
        {
            var isOver = ended.IsCompleted || over.IsCancellationRequested; // before the look for lines: what was said before the end is there
            if (isOver) last--;
            if (listener.TryTake() is { } line)
            {
                yield return line;
                continue;
            }
            if (isOver) break;

            using var turn = CancellationTokenSource.CreateLinkedTokenSource(ct, over.Token);
            var quiet = Task.Delay(Quiet, clock, turn.Token);
            await Task.WhenAny(ended, listener.WaitAsync(turn.Token), quiet);
            await turn.CancelAsync();
            ct.ThrowIfCancellationRequested();
            if (quiet.IsCompletedSuccessfully) yield return "(attempts are under way)";
        }
        if (!ended.IsCompleted) yield return "(attempts go on, but are shown no longer: see mailq)";
    }
}
