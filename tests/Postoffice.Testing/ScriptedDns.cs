using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Postoffice.Store.Mail;

namespace Postoffice.Testing;

/// <summary>
/// A name server on a loopback address, by UDP and TCP (RFC 1035). It answers from lines such as <c>("example.test", "MX 10 mx.example.test")</c>,
/// with types MX, A, AAAA and CNAME. A name with another line answers every question so: <see cref="ServFail"/>, <see cref="Silence"/>,
/// <see cref="Garbage"/>; <c>RAW</c> and hexadecimal octets are an answer without its id. Names without a line do not exist.
/// </summary>
public sealed class ScriptedDns : IAsyncDisposable
{
    public const string ServFail = "SERVFAIL";
    public const string Silence = "SILENCE";
    public const string Garbage = "GARBAGE";
    private const string Raw = "RAW ";
    private const int UdpLimit = 1232; // what the client says it takes
    private const int NoError = 0, ServerFailure = 2, NoSuchName = 3;

    private const int Port = 5300; // not one that the system hands out, on an address of our own: free by UDP and by TCP

    private static int servers;

    private readonly UdpClient udp;
    private readonly TcpListener tcp;
    private readonly CancellationTokenSource stopping = new();
    private readonly List<string> asked = [];
    private readonly Dictionary<string, TaskCompletionSource> awaited = [];
    private readonly ILookup<string, string> zone;
    private readonly Task serving;

    public ScriptedDns(params IEnumerable<(string Name, string Line)> zone)
        : this(Port, zone)
    {
    }

    /// <param name="port">On an address of its own: 53 for programs that know no other, which needs root.</param>
    public ScriptedDns(int port, params IEnumerable<(string Name, string Line)> zone)
    {
        this.zone = zone.ToLookup(line => line.Name, line => line.Line);
        var process = Environment.ProcessId;
        Server = new IPEndPoint(new IPAddress([127, (byte)(process >> 8 | 0x80), (byte)process, (byte)Interlocked.Increment(ref servers)]), port);
        udp = new UdpClient(Server);
        tcp = new TcpListener(Server);
        tcp.Start();
        serving = Task.WhenAll(ServeUdpAsync(), ServeTcpAsync());
    }

    public IPEndPoint Server { get; }

    /// <summary>What was asked so far, such as <c>udp MX example.test</c>.</summary>
    public IReadOnlyList<string> Asked
    {
        get
        {
            lock (asked) return [.. asked];
        }
    }

    /// <summary>Ends when this was asked, as <see cref="Asked"/> spells it.</summary>
    public Task SeenAsync(string question)
    {
        lock (asked)
        {
            if (asked.Contains(question)) return Task.CompletedTask;
            if (!awaited.TryGetValue(question, out var seen)) awaited[question] = seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
            return seen.Task;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await serving;
        udp.Dispose();
        tcp.Dispose();
        stopping.Dispose();
    }

    private async Task ServeUdpAsync()
    {
        try
        {
            while (true)
            {
                var question = await udp.ReceiveAsync(stopping.Token);
                if (Answer(question.Buffer, "udp") is not { } answer) continue;
                if (answer.Length > UdpLimit) answer = Truncated(answer, question.Buffer.Length);
                await udp.SendAsync(answer, question.RemoteEndPoint, stopping.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private async Task ServeTcpAsync()
    {
        try
        {
            while (true)
            {
                using var client = await tcp.AcceptTcpClientAsync(stopping.Token);
                var stream = client.GetStream();
                var length = new byte[2];
                while (await stream.ReadAtLeastAsync(length, 2, throwOnEndOfStream: false, stopping.Token) == 2)
                {
                    var question = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
                    await stream.ReadExactlyAsync(question, stopping.Token);
                    if (Answer(question, "tcp") is not { } answer) continue;
                    BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)answer.Length);
                    await stream.WriteAsync((byte[])[.. length, .. answer], stopping.Token);
                }
            }
        }
        catch (Exception over) when (over is OperationCanceledException or IOException)
        {
            // The test is over, or the client went away in the middle.
        }
    }

    /// <returns>Null for no answer.</returns>
    private byte[]? Answer(byte[] question, string transport)
    {
        var (name, type, end) = Question(question);
        lock (asked)
        {
            asked.Add($"{transport} {type} {name}");
            if (awaited.Remove(asked[^1], out var seen)) seen.SetResult();
        }
        if (zone[name].Contains(Silence)) return null;
        if (zone[name].Contains(Garbage)) return [.. question.AsSpan(0, 2), .. Enumerable.Repeat((byte)0xC0, 40)];
        if (zone[name].FirstOrDefault(line => line.StartsWith(Raw, StringComparison.Ordinal)) is { } raw)
        {
            return [.. question.AsSpan(0, 2), .. Convert.FromHexString(raw.AsSpan(Raw.Length))];
        }
        if (zone[name].Contains(ServFail)) return Message(question, end, ServerFailure, []);
        if (!zone.Contains(name)) return Message(question, end, NoSuchName, []);
        return Message(question, end, NoError, Records(name, type));
    }

    private List<(string Owner, string Line)> Records(string name, string type)
    {
        var records = new List<(string, string)>();
        for (var hops = 0; hops < 8 && zone[name].FirstOrDefault(line => line.StartsWith("CNAME ", StringComparison.Ordinal)) is { } alias; hops++)
        {
            records.Add((name, alias));
            name = alias["CNAME ".Length..];
        }
        records.AddRange(zone[name].Where(line => line.StartsWith(type + " ", StringComparison.Ordinal)).Select(line => (name, line)));
        return records;
    }

    private static byte[] Message(byte[] question, int end, int code, List<(string Owner, string Line)> records)
    {
        var message = new List<byte>(question[..end]);
        (message[2], message[3]) = (0x81, (byte)(0x80 | code)); // an answer, recursion available
        (message[6], message[7]) = ((byte)(records.Count >> 8), (byte)records.Count);
        for (var i = 8; i < 12; i++) message[i] = 0;
        foreach (var (owner, line) in records) Write(message, owner, line.Split(' '));
        return [.. message];
    }

    private static void Write(List<byte> message, string owner, string[] line)
    {
        var (type, data) = line switch
        {
            ["A", var address] => (1, Address(address).GetAddressBytes()),
            ["AAAA", var address] => (28, Address(address).MapToIPv6().GetAddressBytes()),
            ["CNAME", var alias] => (5, Name(alias)),
            ["MX", var preference, var host] => (15, [.. Number(ushort.Parse(preference)), .. Name(host)]),
            _ => throw new ArgumentException($"no record: {string.Join(' ', line)}"),
        };
        message.AddRange([.. Name(owner), .. Number((ushort)type), .. Number(1), 0, 0, 0, 60, .. Number((ushort)data.Length), .. data]);
    }

    private static byte[] Truncated(byte[] answer, int length)
    {
        var head = answer[..12];
        head[2] |= 2; // TC
        head[6] = head[7] = 0;
        var (_, _, end) = Question(answer);
        return [.. head, .. answer.AsSpan(12, Math.Min(end, length) - 12)];
    }

    private static (string Name, string Type, int End) Question(byte[] message)
    {
        var labels = new List<string>();
        var at = 12;
        for (; message[at] != 0; at += message[at] + 1) labels.Add(Encoding.Latin1.GetString(message, at + 1, message[at]));
        var type = BinaryPrimitives.ReadUInt16BigEndian(message.AsSpan(at + 1));
        return (string.Join('.', labels).ToLowerInvariant(), type switch { 1 => "A", 15 => "MX", 28 => "AAAA", _ => $"TYPE{type}" }, at + 5);
    }

    private static byte[] Name(string name) =>
        [.. name.Split('.', StringSplitOptions.RemoveEmptyEntries).SelectMany(label => (byte[])[(byte)label.Length, .. Encoding.Latin1.GetBytes(label)]), 0];

    private static IPAddress Address(string text) =>
        AddressLiteral.TryParseAddress(text, out var address) ? address : throw new ArgumentException($"no address: {text}");

    private static byte[] Number(ushort number) => [(byte)(number >> 8), (byte)number];
}
