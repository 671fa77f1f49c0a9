using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace Postoffice.Admin.Commands;

/// <summary>
/// Queue ids on standard input, as our own lists print them: words, a line of <c>mailq --json</c>, or the first column of <c>mailq</c> with its marks
/// for tried and held. What is neither goes on as a word, to be told that it is no queue id.
/// </summary>
internal static class QueueIdLines
{
    /// <summary>Octets of a line: a message of very many recipients, as JSON.</summary>
    private const int MaxLine = 16 << 20;

    /// <exception cref="IOException">A line is too long.</exception>
    public static async IAsyncEnumerable<string> ReadAsync(Stream input, [EnumeratorCancellation] CancellationToken ct)
    {
        var octets = PipeReader.Create(input, new StreamPipeReaderOptions(leaveOpen: true));
        for (var isLast = false; !isLast;)
        {
            var result = await octets.ReadAsync(ct);
            var buffer = result.Buffer;
            isLast = result.IsCompleted;
            while (buffer.PositionOf((byte)'\n') is { } end || (isLast && !buffer.IsEmpty))
            {
                var line = buffer.PositionOf((byte)'\n') is { } at ? buffer.Slice(0, at) : buffer;
                foreach (var id in Of(line)) yield return id;
                buffer = buffer.Slice(line.End);
                if (!buffer.IsEmpty) buffer = buffer.Slice(1);
            }
            if (buffer.Length > MaxLine) throw new IOException($"standard input: a line of more than {MaxLine} octets");
            octets.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    private static IEnumerable<string> Of(ReadOnlySequence<byte> line)
    {
        var text = Encoding.UTF8.GetString(line).Trim();
        if (text.StartsWith('{')) return [OfObject(text)];
        return text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(word => word.Trim('*', '!'));
    }

    private static string OfObject(string text)
    {
        try
        {
            var entry = JsonElement.Parse(text);
            return entry.TryGetProperty("queueId", out var id) && id.ValueKind == JsonValueKind.String ? id.GetString()! : text;
        }
        catch (JsonException)
        {
            return text;
        }
    }
}
