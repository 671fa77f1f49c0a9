using Postoffice.Store.Queries;

namespace Postoffice.Store.Control;

/// <summary>What a program asks a service: one line of JSON, at most <see cref="MaxOctets"/>.</summary>
/// <param name="Ask">One of the words below.</param>
/// <param name="Id">The queue id, for a trace.</param>
/// <param name="History">Which messages, for the history.</param>
/// <param name="Verbose">For a run: the conversations are wanted, line by line.</param>
public sealed record ControlRequest(string Ask, string? Id = null, HistoryFilter? History = null, bool Verbose = false)
{
    public const int MaxOctets = 4_096;

    public const string Queue = "queue";
    public const string HistoryOf = "history";
    public const string Trace = "trace";
    public const string Run = "run";
}
