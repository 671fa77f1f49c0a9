using System.Runtime.CompilerServices;
using Postoffice.Runner.Conversations;
using Postoffice.Runner.Scheduling;
using Postoffice.Store.Control;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;

namespace Postoffice.Runner;

/// <summary>What the runner does when it is asked over its control socket.</summary>
/// <param name="dispatcher">The one at work; null while another runner holds the lease.</param>
/// <param name="recorder">Its recorder.</param>
/// <param name="store">Answers what the store alone can tell.</param>
internal sealed class ControlActs(Dispatcher? dispatcher, OutcomeRecorder? recorder, StoreAnswers store, SwitchBoard board, TimeProvider clock)
{
    private const int Temporary = 75; // sysexits.h

    /// <summary>A queue that is full of attempts under way takes longer to be looked at; the wish stays.</summary>
    private static readonly TimeSpan BeginLimit = TimeSpan.FromSeconds(5);

    /// <summary>How long conversations are shown at most; the attempts go on.</summary>
    internal static readonly TimeSpan ShowLimit = TimeSpan.FromMinutes(30);

    /// <summary>A silent peer may take minutes; whoever watches learns that we are alive, and we whether he is.</summary>
    internal static readonly TimeSpan Quiet = TimeSpan.FromSeconds(20);

    /// <summary>No failure: what an operator has in mind may have been delivered meanwhile.</summary>
    internal const string NothingFits = "Nothing that waits fits, or it is being tried already; what is held is not tried.";

    private static readonly Func<QueuedMessage, QueuedRecipient, bool> Everything = (_, _) => true;
    private static readonly ControlAnswer Stopped = ControlAnswer.Ended(Temporary, "The runner stops, another one took over, or too many such runs wait for their turn. What waits is tried when it is due; try again for sooner.");

    private static readonly ControlAnswer Elsewhere =
        ControlAnswer.Ended(Temporary, "This runner waits for the lease: another one delivers, or did until a moment ago.");

    public IAsyncEnumerable<ControlAnswer> AnswerAsync(ControlRequest request, ControlRights rights, CancellationToken ct)
    {
        if (dispatcher is null && request.Ask == ControlRequest.Destinations) return store.Answer(request, rights).ToAsyncEnumerable();
        if (dispatcher is null || recorder is null) return AsyncEnumerable.Repeat(Elsewhere, 1);
        return request.Ask switch
        {
            ControlRequest.Run => RunAsync(dispatcher, request, rights, ct),
            ControlRequest.Destinations => store.Destinations(rights, dispatcher.Health).ToAsyncEnumerable(),
            _ => OperateAsync(dispatcher, recorder, request, rights, ct),
        };
    }

    /// <summary>
    /// <c>runq</c>: what waits is due now, whoever asks (C-CLI-43). It ends when the attempts have begun or have their places; verbose,
    /// when they have ended, and tells meanwhile what is said in every attempt under way that the asker may see in the queue.
    /// </summary>
    private async IAsyncEnumerable<ControlAnswer> RunAsync(
        Dispatcher dispatcher, ControlRequest request, ControlRights rights, [EnumeratorCancellation] CancellationToken ct)
    {
        var fits = request.Chosen is { } chosen ? chosen.Fits : Everything;
        if (!request.Verbose)
        {
            yield return await BegunAsync(dispatcher.RunNow(fits), request.Chosen is not null, ct);
            yield break;
        }
        using var listener = board.Listen(rights.QueueOf); // before the run: its first words count
        var run = dispatcher.RunNow(fits);
        await foreach (var line in LinesAsync(listener, run.Ended, ct)) yield return new ControlAnswer { Said = line };
        yield return run.Ended.IsCanceled ? Stopped : ControlAnswer.Ended();
    }

    /// <summary>An operator's act. What is released or sent another way is tried at once.</summary>
    private static async IAsyncEnumerable<ControlAnswer> OperateAsync(
        Dispatcher dispatcher, OutcomeRecorder recorder, ControlRequest request, ControlRights rights, [EnumeratorCancellation] CancellationToken ct)
    {
        var changed = new List<QueueId>();
        await foreach (var answer in new OperatorDesk(new RecordedActs(recorder)).AnswerAsync(request, rights, ct))
        {
            if (answer.Act is { Changed: true } act) changed.Add(QueueId.Parse(act.QueueId));
            if (answer.End is not null && changed.Count > 0 && request.Ask is ControlRequest.Release or ControlRequest.Reroute) _ = dispatcher.RunNow(changed);
            yield return answer;
        }
    }

    private async Task<ControlAnswer> BegunAsync(RunNow run, bool isChosen, CancellationToken ct)
    {
        try
        {
            var begun = await run.Done.WaitAsync(BeginLimit, clock, ct);
            return ControlAnswer.Ended(0, isChosen && begun == 0 ? NothingFits : null);
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
