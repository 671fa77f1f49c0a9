using Postoffice.Admin.Output;
using Postoffice.Store.Control;
using Postoffice.Store.Queries;

namespace Postoffice.Admin.Commands;

/// <summary><c>postoffice history</c>: messages, open and finished, newest first.</summary>
internal sealed class HistoryCommand(Inquiry inquiry, Screen screen, TimeText time)
{
    /// <summary>Messages on a terminal when nobody asks for more.</summary>
    public const int TerminalLimit = 50;

    public async Task<ControlEnd> RunAsync(HistoryFilter filter, bool json, CancellationToken ct)
    {
        if (screen.IsTerminal && !json) filter = filter with { Limit = filter.Limit ?? TerminalLimit };
        var text = new HistoryText(screen, time);
        await foreach (var answer in inquiry.AskAsync(new ControlRequest(ControlRequest.HistoryOf, History: filter), ct))
        {
            switch (answer)
            {
                case { End: { } end }:
                    if (!json && end.ExitCode == ExitCode.Ok) text.End();
                    return end;
                case { Lag: { } lag }:
                    screen.Complain("history", $"the {lag} newest facts but {HistoryQuery.MaxTail} are not taken into account yet: postoffice-runner, which follows them, is behind or does not run.");
                    break;
                case { History: { } entry } when json:
                    screen.Output.WriteJson(entry, ControlJson.Lines.HistoryEntry);
                    break;
                case { History: { } entry }:
                    text.Write(entry);
                    break;
                default:
                    break;
            }
        }
        throw new IOException("the answer had no end");
    }
}
