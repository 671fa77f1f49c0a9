using Postoffice.Admin.Output;
using Postoffice.Store.Control;
using Postoffice.Store.Mail;

namespace Postoffice.Admin.Commands;

/// <summary>
/// <c>postoffice hold|release|cancel|expire|reroute</c>: a line for each message, on standard error for those that nothing was done with, and a
/// count when there were several.
/// </summary>
internal sealed class MessageActCommand(Inquiry inquiry, Screen screen)
{
    /// <param name="order">How; its list of ids stays empty.</param>
    /// <param name="ids">As typed; <c>-</c> for those on standard input.</param>
    /// <returns>The worst of all; the sentence, if any, is why the rest was not asked for.</returns>
    public async Task<ControlEnd> RunAsync(string word, MessageOrder order, IReadOnlyList<string> ids, bool json, CancellationToken ct)
    {
        int asked = 0, changed = 0, exitCode = ExitCode.Ok;
        ControlEnd? end = null;
        await foreach (var some in Ids(ids, ct).Chunk(MessageOrder.MaxIds).WithCancellation(ct))
        {
            var request = new ControlRequest(word, Order: order with { Ids = some });
            await foreach (var answer in inquiry.OrderAsync(request, ct))
            {
                if (answer.Act is { } act)
                {
                    asked++;
                    if (act.Changed) changed++;
                    Show(act, json);
                }
                end = answer.End ?? end;
            }
            exitCode = Math.Max(exitCode, end?.ExitCode ?? throw new IOException("the answer had no end"));
            if (end.Why is not null) break; // what is refused as a whole is refused for the rest too
        }
        if (end is null) return new ControlEnd(ExitCode.Usage, "No queue id was given.");
        if (asked > 1 && !json) screen.Output.WriteLine($"{changed} of {asked} messages changed");
        return end with { ExitCode = exitCode };
    }

    private void Show(ActEntry act, bool json)
    {
        if (json) screen.Output.WriteJson(act, ControlJson.Lines.ActEntry);
        else if (act.Changed) screen.Output.WriteLine(Line(act));
        else screen.Complain("postoffice", Line(act));
    }

    private static string Line(ActEntry act) => $"{(act.QueueId.Length == 0 ? "" : $"{act.QueueId}: ")}{PrintableText.Escape(act.Words)}";

    private IAsyncEnumerable<string> Ids(IReadOnlyList<string> words, CancellationToken ct) =>
        words.ToAsyncEnumerable().SelectMany(word => word == "-" ? QueueIdLines.ReadAsync(screen.Input, ct) : AsyncEnumerable.Repeat(word, 1));
}
