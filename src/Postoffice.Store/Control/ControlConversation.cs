using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;

namespace Postoffice.Store.Control;

/// <summary>One question and its answer on a control connection.</summary>
internal sealed class ControlConversation(
    StoreAnswers answers, Func<ControlRequest, ControlRights, CancellationToken, IAsyncEnumerable<ControlAnswer>>? acts, TimeProvider clock)
{
    private const int Usage = 64; // sysexits.h
    private const int ChunkOctets = 32 * 1024;
    private static readonly TimeSpan QuestionLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan WriteLimit = TimeSpan.FromSeconds(30);

    /// <exception cref="IOException">The caller went away, was too slow, or asked at too great length.</exception>
    public async Task RunAsync(Stream link, ControlRights rights, CancellationToken ct)
    {
        var lines = new ControlLines(PipeReader.Create(link), ControlRequest.MaxOctets, QuestionLimit, clock);
        if (await lines.ReadAsync(ct) is not { } line) return;
        await Task.Yield(); // answers read the store, which may take long: never on a thread that serves sockets
        var chunk = new ArrayBufferWriter<byte>(ChunkOctets);
        if (Parse(line) is not { } request)
        {
            Add(ControlAnswer.Ended(Usage, "This is no question."), chunk);
        }
        else if (acts is not null && (request.Ask is ControlRequest.Run or ControlRequest.Destinations || ControlRequest.IsOrder(request.Ask)))
        {
            await foreach (var answer in acts(request, rights, ct))
            {
                Add(answer, chunk);
                await SendAsync(link, chunk, ct); // people watch it
            }
        }
        else
        {
            foreach (var answer in answers.Answer(request, rights))
            {
                Add(answer, chunk);
                if (chunk.WrittenCount >= ChunkOctets) await SendAsync(link, chunk, ct);
            }
        }
        await SendAsync(link, chunk, ct);
    }

    private static ControlRequest? Parse(byte[] line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, ControlJson.Lines.ControlRequest);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static void Add(ControlAnswer answer, ArrayBufferWriter<byte> chunk)
    {
        using (var json = new Utf8JsonWriter(chunk, new JsonWriterOptions { Encoder = ControlJson.Lines.Options.Encoder }))
        {
            JsonSerializer.Serialize(json, answer, ControlJson.Lines.ControlAnswer);
        }
        chunk.Write("\n"u8);
    }

    private async Task SendAsync(Stream link, ArrayBufferWriter<byte> chunk, CancellationToken ct)
    {
        using var deadline = new CancellationTokenSource(WriteLimit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, ct);
        try
        {
            await link.WriteAsync(chunk.WrittenMemory, either.Token);
            await Task.Yield(); // as above
        }
        catch (OperationCanceledException late) when (deadline.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            throw new IOException($"the caller took nothing for {WriteLimit.TotalSeconds} s", late);
        }
        chunk.ResetWrittenCount();
    }
}
