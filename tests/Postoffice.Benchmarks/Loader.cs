using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Postoffice.Store.Mail;
using Postoffice.Store.Wire;

namespace Postoffice.Benchmarks;

/// <summary>
/// Hands messages to a listener by SMTP, a recipient each. smtp-source sends a run to one recipient only, and a queue has its destinations mixed.
/// </summary>
internal static class Loader
{
    private const int Connections = 20;
    public const int ContentOctets = 4096;
    private static readonly byte[] Content = Encoding.Latin1.GetBytes(
        "From: <alice@example.test>\r\nSubject: benchmark\r\n\r\n" + string.Concat(Enumerable.Repeat(new string('x', 62) + "\r\n", ContentOctets / 64)) + ".\r\n");

    /// <summary>Sends a message of 4 KiB to each of <paramref name="recipients"/>, in this order, over 20 connections.</summary>
    /// <param name="taken">Told after each 250.</param>
    /// <exception cref="BenchmarkException">The listener refused something, or hung up.</exception>
    public static async Task SendAsync(IPEndPoint listener, IReadOnlyList<string> recipients, Action taken, CancellationToken ct)
    {
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => SendShareAsync()));

        async Task SendShareAsync()
        {
            using var client = new TcpClient { NoDelay = true };
            await client.ConnectAsync(listener, ct);
            var stream = client.GetStream();
            var pipe = PipeReader.Create(stream);
            await ExpectAsync(pipe, 220, ct);
            await AskAsync("EHLO client.example.net\r\n", 250);
            for (var at = Interlocked.Increment(ref next); at < recipients.Count; at = Interlocked.Increment(ref next))
            {
                await AskAsync($"MAIL FROM:<alice@example.test>\r\nRCPT TO:<{recipients[at]}>\r\nDATA\r\n", 250, 250, 354); // RFC 2920
                await stream.WriteAsync(Content, ct);
                await ExpectAsync(pipe, 250, ct);
                taken();
            }

            await AskAsync("QUIT\r\n", 221);

            async Task AskAsync(string commands, params int[] codes)
            {
                await stream.WriteAsync(Encoding.Latin1.GetBytes(commands), ct);
                foreach (var code in codes) await ExpectAsync(pipe, code, ct);
            }
        }
    }

    /// <exception cref="BenchmarkException">Another reply came, or none.</exception>
    public static async Task ExpectAsync(PipeReader pipe, int code, CancellationToken ct)
    {
        var replies = new ReplyReader();
        while (true)
        {
            var read = await pipe.ReadAsync(ct);
            var buffer = read.Buffer;
            var found = replies.TryRead(ref buffer, out var reply);
            pipe.AdvanceTo(buffer.Start, found is ReplyRead.Incomplete ? buffer.End : buffer.Start); // the next reply may be here already
            if (found is ReplyRead.Whole && reply!.Code == code) return;
            if (found is ReplyRead.Incomplete && !read.IsCompleted) continue;
            throw new BenchmarkException($"the listener answered {reply?.ToString() ?? "nothing that is a reply"} instead of {code}");
        }
    }
}
