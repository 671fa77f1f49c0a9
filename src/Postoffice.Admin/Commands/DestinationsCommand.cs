using Postoffice.Admin.Output;
using Postoffice.Store.Control;
using Postoffice.Store.Queries;

namespace Postoffice.Admin.Commands;

/// <summary><c>postoffice destinations</c>: where mail waits or nothing is tried for now. The others are of no interest, unless asked for.</summary>
internal sealed class DestinationsCommand(Inquiry inquiry, Screen screen, TimeText time)
{
    /// <param name="all">Also those where nothing waits and nothing is wrong.</param>
    public async Task<ControlEnd> RunAsync(bool all, bool json, CancellationToken ct)
    {
        var text = new DestinationText(screen, time);
        var quiet = 0;
        await foreach (var answer in inquiry.AskRunnerFirstAsync(new ControlRequest(ControlRequest.Destinations), ct))
        {
            switch (answer)
            {
                case { End: { } end }:
                    if (!json && end.ExitCode == ExitCode.Ok) text.End(quiet);
                    return end;
                case { Destination: { } entry } when !all && IsQuiet(entry):
                    quiet++;
                    break;
                case { Destination: { } entry } when json:
                    screen.Output.WriteJson(entry, ControlJson.Lines.DestinationEntry);
                    break;
                case { Destination: { } entry }:
                    text.Write(entry);
                    break;
                default:
                    break;
            }
        }
        throw new IOException("the answer had no end");
    }

    /// <summary>Nobody's mail is there, and none of it was kept back until a moment that is still to come.</summary>
    private bool IsQuiet(DestinationEntry entry) =>
        entry is { Waiting: 0, Trying: 0, Held: 0, Running: null or 0 } && !(entry.OpenUntil > screen.Clock.GetUtcNow());
}
