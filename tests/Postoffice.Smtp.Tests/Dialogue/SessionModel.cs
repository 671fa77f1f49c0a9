using System.Text;
using System.Text.RegularExpressions;

namespace Postoffice.Smtp.Tests.Dialogue;

/// <summary>What a message in the store must be.</summary>
/// <param name="To">In the order of their RCPT, each once.</param>
/// <param name="Content">One character an octet.</param>
internal sealed record Letter(string From, string To, string? Body, string Protocol, string Helo, string Content);

/// <summary>How an append of the store ends.</summary>
internal enum Fate
{
    Durable,
    Busy,
    Full,
    Broken,
    Stopping,
    LostRace,
    Surprise,
}

/// <summary>
/// What a session must answer and take, told once more and as simply as it can be: a reader of the octets as they stand, with no split, no wait
/// and no store. It follows the RFCs; nothing of the session's code is used.
/// </summary>
/// <param name="isOwn">The client may send to others through us.</param>
/// <param name="fates">Of the appends, in order and from the start again.</param>
/// <param name="room">Octets of content after which the store is full.</param>
internal sealed partial class SessionModel(bool isOwn, IReadOnlyList<Fate> fates, int room)
{
    public const int MaxErrors = 10, MaxMessage = 3_000, MaxRecipients = 100;
    private const int MaxLine = 2_048, MaxDiscarded = 65_536, MaxFruitless = 100, MaxContentLine = 1_000, MaxHops = 100;

    private static readonly string[] Known =
        ["EHLO", "HELO", "MAIL", "RCPT", "DATA", "RSET", "NOOP", "VRFY", "EXPN", "HELP", "QUIT", "STARTTLS"];

    private readonly List<string> recipients = [];
    private string pending = "", content = "", helo = "";
    private Reading reading = Reading.Command;
    private MailCase? mail;
    private bool greeted, extended, secured, chunked, chunkIsLast, chunkCounts;
    private int chunk, errors, fruitless;

    private enum Reading
    {
        Command,
        BrokenLine,
        Dotted,
        Counted,
        Handshake,
        Nothing,
    }

    /// <summary>Codes, in order.</summary>
    public List<int> Replies { get; } = [220];

    /// <summary>For each append how many replies come before its own.</summary>
    public List<int> Appends { get; } = [];

    /// <summary>What was acknowledged.</summary>
    public List<Letter> Letters { get; } = [];

    /// <summary>The last reply was 220 to STARTTLS, and nothing came behind it.</summary>
    public bool AwaitsHandshake => reading is Reading.Handshake;

    /// <summary>Something came in the clear behind STARTTLS. Whether the last 220 was said depends on when; nothing else is.</summary>
    public bool IsSpoilt { get; private set; }

    public void Take(string octets)
    {
        pending += octets;
        while (reading switch
        {
            Reading.Command => Command(),
            Reading.BrokenLine => BrokenLine(),
            Reading.Dotted => Dotted(),
            Reading.Counted => Counted(),
            Reading.Handshake => Spoilt(),
            _ => false,
        }) continue;
    }

    /// <summary>TLS has begun: nothing is known of what was said before (RFC 3207 §4.2).</summary>
    public void Secure()
    {
        (secured, greeted, reading) = (true, false, Reading.Command);
        Judge(220, grew: false);
    }

    /// <summary>The client hangs up.</summary>
    public void End()
    {
        if (reading is Reading.Dotted or Reading.Counted) Replies.Add(451);
        reading = Reading.Nothing;
    }

    private bool Command()
    {
        var head = pending.AsSpan(0, Math.Min(pending.Length, MaxLine));
        var end = head.IndexOfAny("\r\n\0");
        if (end < 0 || (head[end] == '\r' && end + 1 == head.Length)) return head.Length == MaxLine && Broken(500);
        if (head[end] == '\0') return Broken(501);
        if (head[end] == '\n' || head[end + 1] != '\n') return Broken(500);

        var line = Cut(end + 2)[..end];
        var blank = line.IndexOf(' ');
        Answer((blank < 0 ? line : line[..blank]).ToUpperInvariant(), blank < 0 ? "" : line[blank..].Trim(' '));
        return true;
    }

    private bool Broken(int code)
    {
        reading = Reading.BrokenLine;
        Replies.Add(code);
        errors++;
        return true;
    }

    private bool BrokenLine()
    {
        var end = pending.IndexOf("\r\n", StringComparison.Ordinal);
        var length = end < 0 ? pending.TrimEnd('\r').Length : end + 2;
        if (length > MaxDiscarded) return Close(421);
        if (end < 0) return false;
        Cut(length);
        reading = Reading.Command;
        CloseAfterErrors();
        return true;
    }

    private void Answer(string verb, string arguments)
    {
        switch (verb)
        {
            case "BDAT" when Chunk().Match(arguments) is { Success: true } size:
                (chunk, chunkIsLast, chunkCounts) = (int.Parse(size.Groups["size"].ValueSpan), size.Groups["last"].Success, recipients.Count > 0);
                reading = Reading.Counted;
                break;
            case "BDAT": Close(501); break; // where does the next command begin?
            case var known when Known.Contains(known) && !IsUtf8(arguments): Say(501); break;
            case "QUIT" when arguments == "": Close(221); break;
            case "QUIT": Say(501); break;
            case "NOOP": Say(250); break;
            case "VRFY": Say(252); break;
            case "EXPN": Say(502); break;
            case "HELP": Say(214); break;
            case "EHLO" or "HELO" or "RSET" when (arguments == "") != (verb == "RSET"): Say(501); break;
            case "RSET":
                Forget();
                Say(250);
                break;
            case "EHLO" or "HELO":
                Forget();
                (greeted, extended, helo) = (true, verb == "EHLO", arguments);
                Say(250);
                break;
            case "STARTTLS" when !greeted || mail is not null: Say(503); break;
            case "STARTTLS" when arguments != "": Say(501); break;
            case "STARTTLS" when secured: Say(503); break;
            case "STARTTLS":
                Replies.Add(220);
                reading = Reading.Handshake;
                break;
            case "MAIL" when !greeted || mail is not null: Say(503); break;
            case "MAIL": Mail(MailCase.Of(arguments)); break;
            case "RCPT" when mail is null || chunked: Say(503); break;
            case "RCPT": Rcpt(RcptCase.Of(arguments)); break;
            case "DATA" when recipients.Count == 0 || chunked: Say(503); break;
            case "DATA" when arguments != "": Say(501); break;
            case "DATA":
                Replies.Add(354);
                reading = Reading.Dotted;
                break;
            default: Say(500); break;
        }
    }

    private void Mail(MailCase asked)
    {
        if (asked.Code == 250) mail = asked;
        Say(asked.Code, grew: asked.Code == 250);
    }

    private void Rcpt(RcptCase asked)
    {
        var code = asked.Code(mail!.IsUtf8, isOwn);
        if (code is 250 or 550 && recipients.Count >= MaxRecipients)
        {
            Replies.Add(452); // no error of the client, nor a command that leads nowhere
            return;
        }
        var isNew = code == 250 && !recipients.Contains(asked.Mailbox);
        if (isNew) recipients.Add(asked.Mailbox);
        Say(code, isNew);
    }

    private bool Dotted()
    {
        var end = pending.StartsWith(".\r\n", StringComparison.Ordinal) ? -2 : pending.IndexOf("\r\n.\r\n", StringComparison.Ordinal);
        if (end == -1) return false;
        content = Stuffed().Replace(Cut(end + 5)[..(end + 2)], "${start}");
        EndContent(Refusal(isComplete: true));
        return true;
    }

    private bool Counted()
    {
        if (pending.Length < chunk) return false;
        var octets = Cut(chunk);
        reading = Reading.Command;
        if (!chunkCounts)
        {
            Say(503);
            return true;
        }
        chunked = true;
        content += octets;
        var refusal = Refusal(chunkIsLast);
        if (refusal is null && !chunkIsLast) Say(250, grew: octets != "");
        else EndContent(refusal);
        return true;
    }

    /// <summary>Whatever comes of it, the transaction is over (RFC 5321 §4.1.1.4, RFC 3030 §2).</summary>
    private void EndContent(int? refusal)
    {
        reading = Reading.Command;
        var code = refusal ?? Append();
        Forget();
        switch (code)
        {
            case 421: Close(421); break;
            case 250:
                (errors, fruitless) = (0, 0);
                Replies.Add(250);
                break;
            default: Say(code); break;
        }
    }

    private int Append()
    {
        var fate = fates[Appends.Count % fates.Count];
        Appends.Add(Replies.Count);
        if (fate is not Fate.Durable) return fate switch { Fate.Full => 452, Fate.Stopping or Fate.Surprise => 421, _ => 451 };
        var protocol = (extended, secured, mail!.IsUtf8) switch
        {
            (false, _, _) => "SMTP",
            (_, false, false) => "ESMTP",
            (_, true, false) => "ESMTPS",
            (_, false, true) => "UTF8SMTP",
            (_, true, true) => "UTF8SMTPS",
        };
        Letters.Add(new Letter(mail.From, string.Join(' ', recipients), mail.Body, protocol, helo, content));
        return 250;
    }

    /// <summary>What is wrong with the content so far; null when nothing is.</summary>
    private int? Refusal(bool isComplete)
    {
        var seen = !isComplete && content.EndsWith('\r') ? content + '\n' : content; // its LF may still come
        if (BareLineEnd().IsMatch(seen) || (isComplete && content != "" && !content.EndsWith('\n'))) return 550;
        if (content.Contains('\0')) return 550;
        var lines = content.Split('\n');
        if (lines[..^1].Any(line => line.Length >= MaxContentLine) || lines[^1].Length > MaxContentLine) return 554;
        if (Received().Count(Header().Match(content).Value) > MaxHops) return 554;
        if (content.Length > MaxMessage) return 552;
        return content.Length > room ? 452 : null;
    }

    private bool Spoilt()
    {
        if (pending == "") return false;
        (IsSpoilt, reading) = (true, Reading.Nothing);
        return false;
    }

    private void Forget()
    {
        (mail, chunked, content) = (null, false, "");
        recipients.Clear();
    }

    private void Say(int code, bool grew = false)
    {
        Replies.Add(code);
        Judge(code, grew);
    }

    /// <summary>Errors end a session, and so do harmless commands that lead nowhere, if there are too many.</summary>
    private void Judge(int code, bool grew)
    {
        if (code is 500 or 501 or 502 or 503 or 555 || (!grew && ++fruitless > MaxFruitless)) errors++;
        CloseAfterErrors();
    }

    private void CloseAfterErrors()
    {
        if (errors >= MaxErrors) Close(421);
    }

    private bool Close(int code)
    {
        Replies.Add(code);
        reading = Reading.Nothing;
        return false;
    }

    private string Cut(int octets)
    {
        var cut = pending[..octets];
        pending = pending[octets..];
        return cut;
    }

    private static bool IsUtf8(string octets) => System.Text.Unicode.Utf8.IsValid(Encoding.Latin1.GetBytes(octets));

    [GeneratedRegex(@"\A(?<size>[0-9]{1,9})(?<last> +LAST)?\z", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Chunk();

    [GeneratedRegex(@"(?<start>\A|\r\n)\.", RegexOptions.ExplicitCapture)]
    private static partial Regex Stuffed();

    [GeneratedRegex(@"\r(?!\n)|(?<!\r)\n")]
    private static partial Regex BareLineEnd();

    [GeneratedRegex(@"\A([!-9;-~]+[ \t]*:[^\n]*(\n|\z)([ \t][^\n]*(\n|\z))*)*", RegexOptions.ExplicitCapture)]
    private static partial Regex Header();

    [GeneratedRegex("^Received:", RegexOptions.Multiline)]
    private static partial Regex Received();
}
