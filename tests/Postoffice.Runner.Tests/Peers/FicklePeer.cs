using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;

namespace Postoffice.Runner.Tests.Peers;

/// <summary>A session of a server that does at each command what its host feels like.</summary>
internal sealed class FicklePeer : PeerStream
{
    private readonly Pipe answers = new(new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false));
    private readonly FickleHost host;
    private readonly StringBuilder written = new();
    private readonly List<string> recipients = [];
    private bool hasSender;
    private bool isContent; // what is written is content, up to the lone dot
    private int chunk = -1; // octets of the chunk that comes; -1: no chunk
    private bool isLastChunk;
    private readonly Lock gate = new();
    private bool isDeaf; // it hung up, or will say nothing more
    private bool isSilent;
    private bool isWaitedFor; // silent, and the client waits for its words: its time limit runs
    private bool isReading;
    private int unread;

    public FicklePeer(FickleHost host)
    {
        this.host = host;
        Answer(host.Next(), "220 hi");
    }

    /// <summary>There is something to read, or it hung up.</summary>
    public bool HasInput => Volatile.Read(ref unread) > 0 || (isDeaf && !isSilent);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Note(reading: true);
        var count = await answers.Reader.AsStream(leaveOpen: true).ReadAsync(buffer, cancellationToken);
        Interlocked.Add(ref unread, -count);
        Note(reading: false);
        return count;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (isDeaf && !isSilent) return ValueTask.FromException(new IOException("broken pipe"));
        written.Append(Encoding.Latin1.GetString(buffer.Span));
        while (!isDeaf && TakeNext()) { }
        return ValueTask.CompletedTask;
    }

    protected override void Dispose(bool disposing)
    {
        lock (gate)
        {
            if (isWaitedFor) host.World.NoLongerWaitedFor();
            isWaitedFor = false;
        }
        base.Dispose(disposing);
    }

    private bool TakeNext()
    {
        if (isContent) return Take(Find("\r\n.\r\n", 5) ?? Alone(".\r\n")) is not null && EndContent();
        if (chunk >= 0) return (written.Length >= chunk ? Take(chunk) : null) is not null && EndChunk();
        if (Take(Find("\r\n", 2)) is not { } line) return false;
        Obey(line.TrimEnd());
        return true;
    }

    private void Obey(string line)
    {
        var whim = host.Next();
        switch (line.Split(' ', ':')[0].ToUpperInvariant())
        {
            case "EHLO":
                Answer(whim, $"250-peer\r\n{host.Offers()}250 SIZE");
                break;
            case "MAIL":
                recipients.Clear();
                hasSender = IsGranted(whim);
                Answer(whim, "250 ok");
                break;
            case "RCPT" when !hasSender:
                Answer(Whim.Fine, "503 5.5.1 no sender");
                break;
            case "RCPT":
                if (IsGranted(whim)) recipients.Add(line[(line.IndexOf('<') + 1)..line.IndexOf('>')]);
                Answer(whim, "250 ok");
                break;
            case "DATA" when recipients.Count == 0:
                Answer(Whim.Fine, "503 5.5.1 no recipients");
                break;
            case "DATA":
                Answer(whim, "354 go");
                isContent = IsGranted(whim);
                break;
            case "BDAT":
                var words = line.Split(' ');
                (chunk, isLastChunk) = (int.Parse(words[1], CultureInfo.InvariantCulture), words.Length > 2);
                break;
            case "STARTTLS":
                Answer(whim is Whim.Fine ? Whim.FineAndHangsUp : whim, "220 go"); // no handshake comes of it
                break;
            case "QUIT":
                Answer(Whim.FineAndHangsUp, "221 bye");
                break;
            default: // HELO, RSET
                recipients.Clear();
                hasSender = false;
                Answer(whim, "250 ok");
                break;
        }
    }

    private bool EndContent()
    {
        (isContent, hasSender) = (false, false);
        var whim = host.Next();
        var isTaken = whim is not (Whim.Later or Whim.Never or Whim.Closing or Whim.HangsUp or Whim.FallsSilent);
        if (isTaken) host.World.Take(recipients);
        Answer(whim, "250 taken");
        recipients.Clear();
        return true;
    }

    private bool EndChunk()
    {
        chunk = -1;
        if (recipients.Count == 0) Answer(Whim.Fine, "503 5.5.1 no recipients");
        else if (isLastChunk) EndContent();
        else Answer(host.Next(), "250 ok");
        return true;
    }

    private void Answer(Whim whim, string fine)
    {
        switch (whim)
        {
            case Whim.Fine:
                Say(fine);
                break;
            case Whim.Later:
                Say("450 4.3.0 later");
                break;
            case Whim.Never:
                Say("550 5.7.1 never");
                break;
            case Whim.Closing:
                Say("421 4.3.2 closing");
                HangUp();
                break;
            case Whim.HangsUp or Whim.TakesAndHangsUp:
                HangUp();
                break;
            case Whim.FallsSilent or Whim.TakesAndFallsSilent:
                isDeaf = true;
                Note(silent: true);
                break;
            case Whim.TalksNonsense:
                Say("what?");
                break;
            case Whim.SaysTooMuch:
                Say($"{fine}\r\n250 and more");
                break;
            case Whim.FineAndHangsUp:
                Say(fine);
                HangUp();
                break;
            case Whim.Slow:
                host.World.Clock.Advance(TimeSpan.FromMinutes(1));
                Say(fine);
                break;
        }
    }

    private static bool IsGranted(Whim whim) => whim is Whim.Fine or Whim.Slow or Whim.FineAndHangsUp or Whim.SaysTooMuch;

    private void Say(string words)
    {
        var octets = Encoding.Latin1.GetBytes($"{words}\r\n");
        Interlocked.Add(ref unread, octets.Length);
        answers.Writer.Write(octets);
        _ = answers.Writer.FlushAsync().AsTask(); // without a threshold it never waits
    }

    private void Note(bool? reading = null, bool? silent = null)
    {
        lock (gate)
        {
            (isReading, isSilent) = (reading ?? isReading, silent ?? isSilent);
            if (isWaitedFor || !isReading || !isSilent || Volatile.Read(ref unread) > 0) return;
            isWaitedFor = true;
            host.World.Awaited();
        }
    }

    private void HangUp()
    {
        isDeaf = true;
        answers.Writer.Complete();
    }

    /// <summary>Where the first <paramref name="mark"/> ends.</summary>
    private int? Find(string mark, int octets) => written.ToString().IndexOf(mark, StringComparison.Ordinal) is >= 0 and var at ? at + octets : null;

    private int? Alone(string mark) => written.ToString().StartsWith(mark, StringComparison.Ordinal) ? mark.Length : null;

    private string? Take(int? octets)
    {
        if (octets is not { } count) return null;
        var taken = written.ToString(0, count);
        written.Remove(0, count);
        return taken;
    }
}
