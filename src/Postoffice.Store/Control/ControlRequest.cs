using Postoffice.Store.Queries;

namespace Postoffice.Store.Control;

/// <summary>What a program asks a service: one line of JSON, at most <see cref="MaxOctets"/>.</summary>
/// <param name="Ask">One of the words below.</param>
/// <param name="Id">The queue id, for a trace.</param>
/// <param name="History">Which messages, for the history.</param>
/// <param name="Verbose">For a run: the conversations are wanted, line by line.</param>
/// <param name="Chosen">For a run: which of the recipients that wait; null for all.</param>
/// <param name="Order">For an operator's act: on which messages, and how.</param>
public sealed record ControlRequest(
    string Ask, string? Id = null, HistoryFilter? History = null, bool Verbose = false, RunFilter? Chosen = null, MessageOrder? Order = null)
{
    public const int MaxOctets = 16_384;

    public const string Queue = "queue";
    public const string HistoryOf = "history";
    public const string Trace = "trace";
    public const string Destinations = "destinations";
    public const string Run = "run";
    public const string Hold = "hold";
    public const string Release = "release";
    public const string Cancel = "cancel";
    public const string Expire = "expire";
    public const string Reroute = "reroute";

    /// <summary>Whether it is an operator's act on messages, for <see cref="OperatorDesk"/>.</summary>
    public static bool IsOrder(string ask) => ask is Hold or Release or Cancel or Expire or Reroute;
}

/// <summary>The messages of an operator's act.</summary>
/// <param name="Ids">Queue ids as they were given, at most <see cref="MaxIds"/>.</param>
/// <param name="Reason">Why, at most <see cref="MaxReason"/> characters; null when nobody said.</param>
/// <param name="Recipient">To cancel or expire: this recipient alone, by number or address; null for all.</param>
/// <param name="To">To reroute: the next hop as <c>HOST[:PORT]</c>; null for the way the configuration knows.</param>
public sealed record MessageOrder(IReadOnlyList<string> Ids, string? Reason = null, string? Recipient = null, string? To = null)
{
    /// <summary>Their answers take a moment each; a longer list is asked for in several questions.</summary>
    public const int MaxIds = 100;

    public const int MaxReason = 500;
}
