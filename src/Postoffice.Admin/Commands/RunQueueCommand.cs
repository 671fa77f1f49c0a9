using Postoffice.Store.Control;
using Postoffice.Store.Mail;

namespace Postoffice.Admin.Commands;

/// <summary><c>runq</c>, <c>sendmail -q</c>, <c>postoffice runq</c>: what waits is due now. With <c>-v</c> the conversations are shown as they go.</summary>
internal sealed class RunQueueCommand(Inquiry inquiry, Screen screen)
{
    public async Task<ControlEnd> RunAsync(RunFilter? chosen, bool verbose, CancellationToken ct)
    {
        await foreach (var answer in inquiry.AskRunnerAsync(new ControlRequest(ControlRequest.Run, Verbose: verbose, Chosen: chosen), ct))
        {
            if (answer.End is { } end) return end;
            if (answer.Said is { } line) screen.Error.WriteLine(PrintableText.Escape(line, 2_048)); // C-CLI-19: on standard error
        }
        throw new IOException("the answer had no end");
    }
}
