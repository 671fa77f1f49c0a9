using Postoffice.Store.Log;
using Postoffice.Store.Mail;
using Postoffice.Store.Queries;

namespace Postoffice.Store.Control;

/// <summary>Answers what can be read from the store. The programs ask it directly or through a service: the answers are the same.</summary>
public sealed class StoreAnswers(MailStore store)
{
    private const int Usage = 64, NoInput = 66, Temporary = 75, NotPermitted = 77; // sysexits.h

    /// <summary>Everything there is to say to a request, ended by a <see cref="ControlEnd"/>.</summary>
    public IEnumerable<ControlAnswer> Answer(ControlRequest request, ControlRights rights)
    {
        var answers = request.Ask switch
        {
            ControlRequest.Queue => Queue(rights),
            ControlRequest.HistoryOf => History(request.History ?? new HistoryFilter(), rights),
            ControlRequest.Trace => Trace(request.Id, rights),
            ControlRequest.Destinations => Destinations(rights, domains => domains.Select(domain => domain.Entry)),
            _ => [ControlAnswer.Ended(Usage, "This service does not know that question.")],
        };
        return Guarded(answers);
    }

    /// <summary>What waits for whom.</summary>
    /// <param name="rights">Of whoever asks: who sees the queue sees this.</param>
    /// <param name="complete">Adds what only the asked service knows.</param>
    public IEnumerable<ControlAnswer> Destinations(ControlRights rights, Func<IReadOnlyList<QueuedDomain>, IEnumerable<DestinationEntry>> complete)
    {
        return Guarded(All());

        IEnumerable<ControlAnswer> All()
        {
            if (rights.QueueOf is not null)
            {
                yield return ControlAnswer.Ended(NotPermitted, "With queue-visible=own this is for root and the users that operator= names.");
                yield break;
            }
            var open = store.Circuits.All().ToDictionary(circuit => circuit.Destination, StringComparer.Ordinal);
            foreach (var entry in complete(store.Destinations.Domains()))
            {
                yield return new ControlAnswer { Destination = open.Remove(entry.Destination, out var circuit) ? Open(entry, circuit) : entry };
            }
            foreach (var circuit in open.Values) yield return new ControlAnswer { Destination = Open(new DestinationEntry(circuit.Destination), circuit) };
            yield return ControlAnswer.Ended();
        }

        static DestinationEntry Open(DestinationEntry entry, OpenCircuit circuit) =>
            entry with { OpenSince = circuit.OpenedAt, OpenUntil = circuit.Until, LastReply = circuit.Reason };
    }

    private IEnumerable<ControlAnswer> Queue(ControlRights rights)
    {
        // The count of one's own messages is not worth a second look at each: the reader of the answer counts them.
        if (rights.QueueOf is null) yield return new ControlAnswer { Count = store.Queue.Count() };
        foreach (var entry in store.Queue.All(rights.QueueOf)) yield return new ControlAnswer { Queue = entry };
        yield return ControlAnswer.Ended();
    }

    private IEnumerable<ControlAnswer> History(HistoryFilter filter, ControlRights rights)
    {
        if (store.History.Lag() is > 0 and var lag) yield return new ControlAnswer { Lag = lag };
        foreach (var entry in store.History.Search(filter with { SubmittedBy = rights.MessagesOf })) yield return new ControlAnswer { History = entry };
        yield return ControlAnswer.Ended();
    }

    private IEnumerable<ControlAnswer> Trace(string? text, ControlRights rights)
    {
        if (!QueueId.TryParse(text, out var id))
        {
            yield return ControlAnswer.Ended(Usage, $"{(string.IsNullOrEmpty(text) ? "An empty word" : PrintableText.Escape(text, 40))} is not a queue id: these have {QueueId.Length} letters and digits. See postoffice history.");
            yield break;
        }
        var owner = store.Trace.OwnerOf(id);
        if (rights.MessagesOf is { } uid && owner?.Uid != uid)
        {
            // The same words whether it exists or not: nobody learns of others' mail by asking.
            yield return ControlAnswer.Ended(NotPermitted, $"You have sent no message {id}; others' messages are for root and the users that operator= names.");
            yield break;
        }
        if (owner is null)
        {
            yield return ControlAnswer.Ended(NoInput, $"The journal knows no message {id}.");
            yield break;
        }
        foreach (var fact in store.Trace.Of(id)) yield return new ControlAnswer { Trace = fact };
        yield return ControlAnswer.Ended();
    }

    /// <summary>A store in trouble ends the answer, not the service.</summary>
    private static IEnumerable<ControlAnswer> Guarded(IEnumerable<ControlAnswer> answers)
    {
        using var each = answers.GetEnumerator();
        while (Next(each) is { } answer) yield return answer;
    }

    private static ControlAnswer? Next(IEnumerator<ControlAnswer> each)
    {
        try
        {
            return each.MoveNext() ? each.Current : null;
        }
        catch (StoreUnavailableException trouble)
        {
            return ControlAnswer.Ended(Temporary, $"The store cannot be read now: {trouble.Message}"); // asked again, a failed iterator has nothing more
        }
    }
}
