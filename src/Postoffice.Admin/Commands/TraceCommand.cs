using Postoffice.Admin.Output;
using Postoffice.Store.Control;
using Postoffice.Store.Mail;

namespace Postoffice.Admin.Commands;

/// <summary><c>postoffice trace ID</c>: every fact of one message in order.</summary>
internal sealed class TraceCommand(Inquiry inquiry, Screen screen, TimeText time)
{
    public async Task<ControlEnd> RunAsync(string queueId, bool json, CancellationToken ct)
    {
        var text = new FactText(time);
        await foreach (var answer in inquiry.AskAsync(new ControlRequest(ControlRequest.Trace, queueId), ct))
        {
            switch (answer)
            {
                case { End: { } end }:
                    return end;
                case { Trace: { } entry } when json:
                    screen.Output.WriteJson(entry, ControlJson.Lines.TraceEntry);
                    break;
                case { Trace: { } entry }:
                    var cause = entry.CausedBy is { } position ? $"  (because of fact {position}{(entry.CausedByStream is { } stream ? $" of {PrintableText.Escape(stream)}" : "")})" : "";
                    screen.Output.WriteLine($"{time.Millisecond(entry.RecordedAt)}  {PrintableText.Escape(entry.Name)}{cause}");
                    foreach (var line in text.Lines(entry)) screen.Output.WriteLine($"    {line}");
                    break;
                default:
                    break;
            }
        }
        throw new IOException("the answer had no end");
    }
}
