using Postoffice.Admin.Output;
using Postoffice.Store.Control;

namespace Postoffice.Admin.Commands;

/// <summary><c>mailq</c>, <c>sendmail -bp</c>, <c>postoffice queue</c>: what waits, oldest first.</summary>
internal sealed class QueueCommand(Inquiry inquiry, Screen screen, TimeText time)
{
    public async Task<ControlEnd> RunAsync(bool json, CancellationToken ct)
    {
        var listing = new ClassicQueueListing(screen.Output, time);
        await foreach (var answer in inquiry.AskAsync(new ControlRequest(ControlRequest.Queue), ct))
        {
            switch (answer)
            {
                case { End: { } end }:
                    if (!json && end.ExitCode == ExitCode.Ok) listing.End();
                    return end;
                case { Count: > 0 } when !json:
                    listing.Begin(answer.Count);
                    break;
                case { Queue: { } entry } when json:
                    screen.Output.WriteJson(entry, ControlJson.Lines.QueueEntry);
                    break;
                case { Queue: { } entry }:
                    listing.Write(entry);
                    break;
                default:
                    break;
            }
        }
        throw new IOException("the answer had no end");
    }
}
