using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Postoffice.Smtp.Dialogue;

namespace Postoffice.Smtp.Tests;

/// <summary>A client whose every octet the test chooses.</summary>
internal sealed class TestClient : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly PipeWriter output;
    private readonly PipeReader input;

    public TestClient(SmtpSession session, PipeWriter output, Pipe fromServer)
    {
        Session = session;
        this.output = output;
        input = fromServer.Reader;
        Ended = Task.Run(async () =>
        {
            await session.RunAsync(implicitTls: false);
            await session.DisposeAsync();
            await fromServer.Writer.CompleteAsync();
        });
    }

    public SmtpSession Session { get; }

    /// <summary>Completes when the session is over.</summary>
    public Task Ended { get; }

    public async Task SendAsync(ReadOnlyMemory<byte> octets) => await output.WriteAsync(octets);

    /// <summary>One whole reply, its lines joined by a line feed; null when the session has ended.</summary>
    public async Task<string?> ReplyAsync()
    {
        var lines = new List<string>();
        while (await LineAsync() is { } line)
        {
            lines.Add(line);
            if (line.Length < 4 || line[3] == ' ') return string.Join('\n', lines);
        }
        return null;
    }

    public async Task<string?> AskAsync(string line)
    {
        await SendAsync(Testing.Octets.Of(line + "\r\n"));
        return await ReplyAsync();
    }

    /// <summary>Closes the client's side and reads what the server still says.</summary>
    public async Task<string> EndAsync()
    {
        await output.CompleteAsync();
        var said = new StringBuilder();
        while (await LineAsync() is { } line) said.Append(line).Append('\n');
        await Ended.WaitAsync(Patience);
        return said.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        await output.CompleteAsync();
        await Ended.WaitAsync(Patience);
        await input.CompleteAsync();
    }

    private async Task<string?> LineAsync()
    {
        while (true)
        {
            var result = await input.ReadAsync().AsTask().WaitAsync(Patience);
            var reader = new SequenceReader<byte>(result.Buffer);
            if (reader.TryReadTo(out ReadOnlySequence<byte> line, "\r\n"u8))
            {
                var text = Encoding.UTF8.GetString(line.ToArray());
                input.AdvanceTo(reader.Position);
                return text;
            }
            input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            if (result.IsCompleted) return null;
        }
    }
}
