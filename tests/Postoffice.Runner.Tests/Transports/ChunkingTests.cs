using Postoffice.Runner.Tests.Peers;
using Postoffice.Runner.Transports;
using Postoffice.Testing;
using static Postoffice.Runner.Tests.Transports.TransactionRig;

namespace Postoffice.Runner.Tests.Transports;

/// <summary>RFC 3030: the content in counted chunks, with the same promises as the final dot.</summary>
public sealed class ChunkingTests : IDisposable
{
    private const string Chunking = "250-peer\r\n250-PIPELINING\r\n250 CHUNKING";
    private readonly TransactionRig rig = new();

    public void Dispose() => rig.Dispose();

    [Theory]
    [InlineData("delivered delivered", "done", Ok, Ok, Ok, Ok)]
    [InlineData("delivered 550", "done", Ok, Ok, "550 who", Ok)]
    [InlineData("550 450", "rcpt", Ok, "550 who", "450 busy")]
    [InlineData("554 554", "done", Ok, Ok, Ok, "554 5.6.0 not that")]
    [InlineData("451 451", "done", Ok, Ok, Ok, "451 4.3.0 later")]
    [InlineData("put-off 354 put-off 354", "done", Ok, Ok, Ok, "354 what?")]
    [InlineData("in-doubt in-doubt", "done", Ok, Ok, Ok, ScriptedPeer.Close)]
    [InlineData("in-doubt in-doubt", "done", Ok, Ok, Ok, ScriptedPeer.Silence)]
    [InlineData("in-doubt in-doubt", "done", Ok, Ok, Ok, "abc nonsense")]
    [InlineData("early 452", "mail", "452 full", "503 no", "503 no")]
    public async Task A_small_message_is_one_chunk(string expected, string phase, params string[] replies)
    {
        await using var peer = new ScriptedPeer(["220 hi", Chunking, .. replies]);

        Assert.Equal(expected, await rig.RunAsync(peer));
        Assert.Equal(phase, rig.Phase);
        Assert.DoesNotContain("DATA", peer.Received);
    }

    [Theory]
    [InlineData("delivered delivered", Ok, Ok, Ok, Ok)]
    [InlineData("552 552", "552 5.3.4 too large", "503 no", "503 no", "503 no")]
    [InlineData("451 451", Ok, "451 4.3.0 later", "503 no", "503 no")]
    [InlineData("552 552", Ok, Ok, "552 5.3.4 too large", "503 no")]
    [InlineData("put-off 354 put-off 354", Ok, Ok, "354 what?", Ok)]
    [InlineData("554 554", Ok, Ok, Ok, "554 5.6.0 not that")]
    [InlineData("unreached unreached", ScriptedPeer.Close)]
    [InlineData("unreached unreached", ScriptedPeer.Silence)]
    [InlineData("unreached unreached", Ok, Ok, ScriptedPeer.Close)]
    [InlineData("unreached unreached", Ok, Ok, "250 ok\r\n250 one too many", "554 not taken")]
    [InlineData("in-doubt in-doubt", Ok, Ok, Ok, ScriptedPeer.Close)]
    public async Task A_large_one_is_several_and_each_must_be_taken(string expected, params string[] replies)
    {
        await using var peer = new ScriptedPeer(["220 hi", Chunking, Ok, Ok, Ok, .. replies]);
        var told = await rig.RunAsync(peer, content: Lines((3 * ChunkedContent.ChunkOctets) + 100));
        Assert.True(expected == told, $"{told}: {rig.Results[0]}");
    }

    [Fact]
    public async Task Octets_go_as_they_are_dots_too_with_crlf_at_every_end()
    {
        await using var peer = new ScriptedPeer("220 hi", Chunking, Ok, Ok, Ok, Ok);
        await rig.RunAsync(peer, content: Octets.Of("Subject: x\r\n\r\n.one\r\nbare\nlf\n.\r\nbare\rcr\r\n..two"));

        const string Sent = "Subject: x\r\n\r\n.one\r\nbare\r\nlf\r\n.\r\nbare\r\ncr\r\n..two\r\n";
        Assert.EndsWith($"\r\nBDAT {Sent.Length} LAST\r\n{Sent}", peer.Received);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(-1)]
    public async Task At_the_edge_of_a_chunk_nothing_is_lost_or_added(int beside)
    {
        await using var peer = new ScriptedPeer("220 hi", Chunking, Ok, Ok, Ok, Ok, Ok);
        var content = Lines(ChunkedContent.ChunkOctets + beside);

        Assert.Equal("delivered delivered", await rig.RunAsync(peer, content: content));
        var sent = System.Text.RegularExpressions.Regex.Replace(peer.Received[peer.Received.IndexOf("BDAT", StringComparison.Ordinal)..], "BDAT [0-9]+( LAST)?\r\n", "");
        Assert.Equal(System.Text.Encoding.Latin1.GetString(content), sent);
    }

    [Fact]
    public async Task Without_pipelining_each_chunk_would_cost_a_round_trip_so_data_it_is()
    {
        await using var peer = new ScriptedPeer("220 hi", "250-peer\r\n250 CHUNKING", Ok, Ok, Ok, Go, Ok);
        Assert.Equal("delivered delivered", await rig.RunAsync(peer));
    }

    [Fact]
    public async Task The_end_goes_alone_and_only_when_nothing_was_said_before_it()
    {
        var peer = new AnsweringStream(written => written switch
        {
            _ when written.StartsWith("EHLO", StringComparison.Ordinal) => $"{Chunking}\r\n",
            _ when written.StartsWith("MAIL", StringComparison.Ordinal) => "250 ok\r\n250 ok\r\n250 ok\r\n",
            _ when written.StartsWith("BDAT", StringComparison.Ordinal) => "250 this is about something else\r\n",
            _ => "554 not taken\r\n",
        });
        await peer.SayAsync("220 hi\r\n");

        Assert.Equal("unreached unreached", await rig.RunAsync(peer));
        Assert.Equal("BDAT 22 LAST\r\nSubject: hi\r\n\r\nhello", peer.Writes[^1]);
    }

    [Fact]
    public async Task Octets_never_go_without_the_command_that_announces_them()
    {
        var peer = new AnsweringStream(written => written switch
        {
            _ when written.StartsWith("EHLO", StringComparison.Ordinal) => $"{Chunking}\r\n",
            _ when written.StartsWith("MAIL", StringComparison.Ordinal) => "250 ok\r\n250 ok\r\n250 ok\r\n250 one too many\r\n",
            _ => "250 ok\r\n",
        });
        await peer.SayAsync("220 hi\r\n");

        Assert.Equal("unreached unreached", await rig.RunAsync(peer, content: Lines(3 * ChunkedContent.ChunkOctets)));
        Assert.DoesNotContain(peer.Writes, written => written.Contains("xxxx", StringComparison.Ordinal)); // to the peer it would be commands
    }

    [Theory]
    [InlineData(2)] // the command alone might be the end
    [InlineData(3)]
    public async Task A_word_just_before_the_end_of_a_tiny_last_chunk_is_no_answer_to_it(int last)
    {
        var peer = new OneReplyARead("220 hi", Chunking, "250 ok", "250 ok", "250 ok", "250 ok", "250 unasked");

        Assert.Equal("unreached unreached", await rig.RunAsync(peer, content: Lines(ChunkedContent.ChunkOctets + last)));
        Assert.DoesNotContain(peer.Written, written => written.EndsWith('\n') && written.Contains(" LAST", StringComparison.Ordinal));
    }

    /// <summary>Has its next reply ready whenever it is listened to, also before it is due.</summary>
    private sealed class OneReplyARead(params string[] replies) : PeerStream
    {
        private int said;

        public List<string> Written { get; } = [];

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult(System.Text.Encoding.Latin1.GetBytes($"{replies[said++]}\r\n", buffer.Span));

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Written.Add(System.Text.Encoding.Latin1.GetString(buffer.Span));
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>A message of so many octets, in lines that end with CRLF.</summary>
    private static byte[] Lines(int octets)
    {
        var content = new byte[octets];
        for (var i = 0; i < octets; i++) content[i] = (i % 80) switch { 78 => (byte)'\r', 79 => (byte)'\n', _ => (byte)'x' };
        if (content[^1] != '\n') (content[^2], content[^1]) = ((byte)'\r', (byte)'\n');
        return content;
    }
}
