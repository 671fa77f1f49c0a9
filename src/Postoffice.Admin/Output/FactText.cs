using System.Globalization;
using System.Text.Json;
using Postoffice.Store.Events;
using Postoffice.Store.Mail;
using Postoffice.Store.Queries;

namespace Postoffice.Admin.Output;

/// <summary>A fact in words, a line for each thing it says. A fact this version cannot read is shown as the journal holds it.</summary>
internal sealed class FactText(TimeText time)
{
    public IEnumerable<string> Lines(TraceEntry entry)
    {
        if (entry.Data is not { } data) return [$"fact {entry.Position} is damaged, postoffice store check tells more; its row holds: {Raw(entry.Damaged)}"];
        try
        {
            return Lines(EventJson.Read(entry.Name, data.GetRawText()));
        }
        catch (JsonException)
        {
            return [Raw(data.GetRawText())];
        }
    }

    private static string Raw(string? text) => PrintableText.Escape(text, 4_096);

    private IEnumerable<string> Lines(QueueEvent fact) => fact switch
    {
        MessageAccepted accepted => Accepted(accepted),
        HeadersAdded headers => headers.Fields.Select(field => Shown($"{field}".Replace("\r\n\t", " ").Replace("\r\n", ""))),
        AttemptStarted started => [$"attempt {started.Attempt} for recipient {Numbers(started.Recipients)} by {Word(started.Route.Transport)} to {Shown(started.Route.Target)}"],
        AttemptEnded ended => Ended(ended),
        RecipientExpired { By: { } by } expired => Ended("expired", by, expired.Reason, expired.Recipients, expired.Trying),
        RecipientExpired expired => [$"recipient {Numbers(expired.Recipients)} waited too long{Because(expired.LastReason)}"],
        MessageCancelled cancelled => Ended("cancelled", cancelled.By, cancelled.Reason, cancelled.Recipients, cancelled.Trying),
        MessageRerouted { To: { } hop } rerouted => [$"to {Shown($"{hop}")} by {Shown(rerouted.By)}{Because(rerouted.Reason)}"],
        MessageRerouted rerouted => [$"by the configuration again, by {Shown(rerouted.By)}{Because(rerouted.Reason)}"],
        WaitShortened shortened =>
        [
            $"recipient {Numbers(shortened.Recipients)}: due {time.Second(shortened.NextAttemptAt)}, since no retry schedule waits for so long (a wrong clock, or shorter steps)",
        ],
        DsnQueued queued => [queued.Dsn is { } dsn ? $"notification {dsn} about recipient {Numbers(queued.Recipients)}: {$"{queued.Action}".ToLowerInvariant()}" : $"no notification about recipient {Numbers(queued.Recipients)}{Because(queued.Reason)}"],
        MessageHeld held => [$"by {Shown(held.By)}{Because(held.Reason)}"],
        MessageReleased released => [$"by {Shown(released.By)}{Because(released.Reason)}"],
        ContentPurged purged => [$"{purged.Octets} octets of content removed"],
        _ => [Shown(EventJson.Write(fact))],
    };

    private static IEnumerable<string> Accepted(MessageAccepted accepted)
    {
        var client = accepted.Client;
        yield return $"from <{Shown($"{accepted.From}")}>, {accepted.Size} octets, by {Shown(client.Protocol)}"
            + (client.Address is { } address ? $" from {Shown(address)}" : "")
            + (client.Helo is { } helo ? $" ({Shown(helo)})" : "")
            + (client.Uid is { } uid ? $" from uid {uid}" : "")
            + (client.Tls is { } tls ? $" with {Shown(tls)}" : "");
        foreach (var recipient in accepted.Recipients) yield return $"recipient {recipient.Number}: <{Shown($"{recipient.To}")}>";
    }

    private IEnumerable<string> Ended(AttemptEnded ended)
    {
        var where = Listed(
            ended.Host is { } host ? Place(host, ended.Address) : null,
            ended.Tls is { } tls ? Shown(tls) : null,
            ended.TlsTrouble is { } trouble ? $"in the clear, because {Shown(trouble)}" : null,
            Phase(ended.Phase),
            ended.Milliseconds is { } took ? $"{took} ms" : null,
            ended.Recovered ? "settled after a restart" : null);
        yield return $"attempt {ended.Attempt}{(where.Length == 0 ? "" : $": {where}")}";
        if (ended.Resolved is { } hosts) yield return $"exchangers by the DNS: {string.Join(", ", hosts.Select(Exchanger))}";
        foreach (var hop in ended.Tried ?? [])
        {
            yield return $"tried {Listed(Place(hop.Host, hop.Address), Phase(hop.Phase))}{Because(hop.InWords())}";
        }
        foreach (var outcome in ended.Outcomes)
        {
            var words = outcome.InWords();
            var next = outcome.NextAttemptAt is { } at ? $"; next attempt {time.Second(at)}" : "";
            var told = outcome.DsnPassedOn ? ", the next hop tells the sender" : "";
            yield return $"recipient {outcome.Recipient}: {Word(outcome.Result)}{told}{Because(words)}{next}";
        }
    }

    private static string Exchanger(ResolvedHost host) => $"{Shown(host.Host)} ({host.Preference?.ToString(CultureInfo.InvariantCulture) ?? "no MX record"})";

    private static string Place(string host, string? address) => $"{Shown(host)}{(address is null || address == host ? "" : $" [{Shown(address)}]")}";

    private static string? Phase(string? phase) => phase is null ? null : $"phase {Shown(phase)}";

    private static string Listed(params string?[] words) => string.Join(", ", words.OfType<string>());

    private static IEnumerable<string> Ended(string word, string by, string? reason, IReadOnlyList<int> recipients, IReadOnlyList<int>? trying)
    {
        yield return $"by {Shown(by)}{Because(reason)}";
        if (recipients.Count > 0) yield return $"recipient {Numbers(recipients)}: {word}";
        if (trying is not null) yield return $"recipient {Numbers(trying)}: {word} when the attempt under way leaves it waiting";
    }

    private static string Word(Transport transport) => transport == Transport.Smtp ? "SMTP" : "mailbox";

    private static string Word(OutcomeKind result) => result == OutcomeKind.InDoubt ? "in doubt" : $"{result}".ToLowerInvariant();

    private static string Because(string? words) => string.IsNullOrEmpty(words) ? "" : $": {Shown(words.Replace('\n', ' '))}";

    private static string Numbers(IEnumerable<int> numbers) => string.Join(", ", numbers);

    private static string Shown(string text) => PrintableText.Escape(text, 2_048);
}
