using Postoffice.Admin.Output;
using Postoffice.Store.Control;

namespace Postoffice.Admin.Commands;

/// <summary><c>postoffice destinations</c>: where mail waits, and how it goes there.</summary>
internal sealed class DestinationsCommand(Inquiry inquiry, Screen screen, TimeText time)
{
    public async Task<ControlEnd> RunAsync(bool json, CancellationToken ct)
    {
        var text = new DestinationText(screen, time);
        await foreach (var answer in inquiry.AskRunnerFirstAsync(new ControlRequest(ControlRequest.Destinations), ct))
        {
            switch (answer)
            {
                case { End: { } end }:
                    if (!json && end.ExitCode == ExitCode.Ok) text.End();
                    return end;
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
}
