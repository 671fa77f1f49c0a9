using CsCheck;

namespace Postoffice.Smtp.Tests.Dialogue;

/// <summary>How the octets of a conversation are cut.</summary>
internal enum Split
{
    /// <summary>In two, anywhere.</summary>
    Once,

    /// <summary>The client waits for every reply.</summary>
    ByStep,

    ByOctet,
}

/// <summary>Everything chance decides about a session.</summary>
/// <param name="IsOwn">The client is one of our own network.</param>
/// <param name="Steps">One character an octet. Behind a step that is <see cref="StartTls"/> the client goes on under TLS, if it is let.</param>
/// <param name="At">Where it is split once, in parts of a million.</param>
/// <param name="Missing">Octets of the last part that the client does not get to send.</param>
/// <param name="IsSlow">The store is: nothing is durable before all octets have come.</param>
/// <param name="Room">Octets of content after which the store is full.</param>
internal sealed record Conversation(bool IsOwn, string[] Steps, Split Split, int At, int Missing, bool IsSlow, Fate[] Fates, int Room)
{
    public const string StartTls = "STARTTLS\r\n";
    private const int TooLongByOctet = 20_000;

    // Lines that end, false ends of content, and what is unfit for content.
    private static readonly Gen<string> Text = Gen.Frequency(
        (10, Gen.OneOf(
            "text\r\n", "Subject: x\r\n", "\r\n", "..\r\n", "..dot\r\n", "...\r\n", "\u00C3\u00A9\r\n", "X: y\r\n z\r\n", "Received: x\r\n")),
        (3, Gen.OneOf(
            ".text\r\n", "\r\n.\r", "\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r.\r\n", "\r\n.\r\r\n", "\r\r\n.\r\n", "\r\n.\0\r\n", "\r\n .\r\n",
            "\0", "\r", "\n", "\u0085", "\u00FF")),
        (1, Gen.OneOf(new string('l', 998) + "\r\n", new string('l', 999) + "\r\n", new string('l', 400), Times(101, "Received: x\r\n"))),
        (1, Gen.OneOf(
            $"MAIL {MailCase.Smuggled.Arguments}\r\nRCPT TO:<root@example.test>\r\n", "RSET\r\n", "QUIT\r\n", "DATA\r\n", "BDAT 3 LAST\r\n")));

    private static readonly Gen<string> Content = Gen.Frequency(
        (5, Gen.OneOf("", "text\r\n", "Subject: x\r\n\r\ntext\r\n", "..\r\n")), (5, Text.Array[0, 6].Select(string.Concat)));

    private static readonly Gen<string> End = Gen.Frequency((12, Gen.Const(".\r\n")), (5, Gen.Const("\r\n.\r\n")), (1, Gen.Const("")));
    private static readonly Gen<string> Greeting = Gen.OneOf("EHLO x\r\n", "EHLO x\r\n", "ehlo [192.0.2.9]\r\n", "HELO y\r\n");
    private static readonly Gen<string> GoodMail = Gen.OneOf(MailCase.Good).Select(asked => $"MAIL {asked.Arguments}\r\n");
    private static readonly Gen<string> BadMail = Gen.OneOf(MailCase.Bad).Select(asked => $"MAIL {asked.Arguments}\r\n");
    private static readonly Gen<string> GoodRcpt = Gen.OneOf(RcptCase.Good).Select(asked => $"RCPT {asked.Arguments}\r\n");
    private static readonly Gen<string> BadRcpt = Gen.OneOf(RcptCase.Bad).Select(asked => $"rcpt {asked.Arguments}\r\n");
    private static readonly Gen<string> Envelope = Gen.Select(GoodMail, GoodRcpt.Array[1, 3], (mail, to) => mail + string.Concat(to));
    private static readonly Gen<string> Data = Gen.Select(Content, End, (content, end) => "DATA\r\n" + content + end);

    private static readonly Gen<string> Bdat = Gen.Select(
        Content, Gen.Bool, Gen.Frequency((8, Gen.Const(0)), (1, Gen.Int[-4, 40])),
        (content, isLast, wrong) => $"BDAT {Math.Max(0, content.Length + wrong)}{(isLast ? " LAST" : "")}\r\n{content}");

    private static readonly Gen<string> Odd = Gen.OneOf(
        "EHLO\r\n", "HELO \r\n", "RSET x\r\n", "QUIT x\r\n", "DATA x\r\n", "DATA\r\n", "BDAT\r\n", "BDAT x\r\n", "BDAT 1 LATS\r\nx", "BDAT 3 \u00FF\r\nabc",
        "BDAT 0\r\n", "bdat 00 last\r\n", "STARTTLS now\r\n", "NONSENSE\r\n", "\r\n", " NOOP\r\n", "NOOP \u00FF\r\n", "WHAT \u00FF\r\n", "EXPN x\r\n",
        "AUTH PLAIN\r\n", "RSET", "text",
        "NOOP " + new string('n', 2_041) + "\r\n", "NOOP " + new string('n', 2_042) + "\r\n", "NOOP\n", "NOOP\r\r\n", "RSET\rNOOP\r\n", "NO\0OP\r\n",
        "MAIL FROM:<a@example.net>\nRCPT TO:<root@example.test>\r\n", ".\r\n");

    private static readonly Gen<string> Message = Gen.Select(Envelope, Gen.OneOf(Data, Bdat), (envelope, content) => envelope + content);
    private static readonly Gen<string> Long = Gen.Int[65_500, 65_560].Select(count => new string('e', count) + "\r\n");

    private static readonly Gen<string> Crowd = Gen.Int[1, 119].Select(
        count => string.Concat(RcptCase.Crowd.Take(count).Select(asked => $"RCPT {asked.Arguments}\r\n")));

    private static readonly Gen<string> PlainBehindTls = Gen.OneOf(StartTls + "EHLO z\r\n", "STARTTLS\r\nRSET");

    private static readonly Gen<string[]> Step = Gen.Frequency(
        (300, Alone(Message)), (150, Alone(Envelope)), (150, Alone(Data)), (200, Alone(Bdat)), (100, Alone(Greeting)),
        (50, Alone(GoodMail)), (50, Alone(BadMail)), (100, Alone(GoodRcpt)), (60, Alone(BadRcpt)), (10, Alone(Crowd)),
        (100, Alone(Gen.Const("RSET\r\n"))), (40, Alone(Gen.OneOf("NOOP\r\n", "vrfy x\r\n", "HELP\r\n"))), (15, Alone(Gen.Const("QUIT\r\n"))),
        (100, Alone(Odd)), (2, Alone(Long)), (10, Alone(PlainBehindTls)), (5, Alone(Gen.Const(StartTls))),
        (10, Gen.Select(Greeting, Message, (string[] (greeting, message) => [StartTls, greeting, message]))));

    public static readonly Gen<Conversation> Any = Gen.Select(
        Gen.Bool,
        Gen.Select(
            Gen.Frequency((9, Alone(Greeting)), (1, Step)), Step.Array[0, 20],
            (string[] (first, rest) => [.. first, .. rest.SelectMany(step => step)])),
        Gen.Frequency((6, Gen.Const(Split.Once)), (3, Gen.Const(Split.ByStep)), (1, Gen.Const(Split.ByOctet))),
        Gen.Int[0, 1_000_000],
        Gen.Frequency((3, Gen.Const(0)), (1, Gen.Int[0, 60])),
        Gen.Frequency((3, Gen.Const(false)), (1, Gen.Const(true))),
        Gen.Frequency((6, Gen.Const(Fate.Durable)), (1, Gen.Enum<Fate>())).Array[1, 4],
        Gen.Frequency((6, Gen.Const(int.MaxValue)), (1, Gen.Int[0, 2_000])),
        (isOwn, steps, split, at, missing, isSlow, fates, room) => new Conversation(isOwn, steps, split, at, missing, isSlow, fates, room));

    /// <summary>The octets up to each <see cref="StartTls"/>, and behind the last, in the pieces they are sent in.</summary>
    public IEnumerable<IReadOnlyList<string>> Parts()
    {
        var part = new List<string>();
        foreach (var step in Steps)
        {
            part.Add(step);
            if (step != StartTls) continue;
            yield return Cut(part);
            part.Clear();
        }
        var all = string.Concat(part);
        if (Missing > 0) part = [all[..Math.Max(0, all.Length - Missing)]];
        yield return Cut(part);
    }

    public override string ToString() =>
        $"{(IsOwn ? "own client" : "stranger")}, {Split} at {At}, {Missing} missing, " +
        $"{(IsSlow ? "slow, " : "")}{string.Join(' ', Fates)}, room {Room}\n" +
        string.Join('\n', Steps.Select(step => $"  {Told(step)}"));

    /// <summary>Octets that a reader sees.</summary>
    public static string Told(string octets) => string.Concat(octets.Select(octet => octet switch
    {
        '\r' => @"\r",
        '\n' => @"\n",
        < ' ' or > '~' => $@"\x{(int)octet:X2}",
        _ => $"{octet}",
    }));

    private IReadOnlyList<string> Cut(List<string> steps)
    {
        if (Split is Split.ByStep) return steps;
        var all = string.Concat(steps);
        if (Split is Split.ByOctet && all.Length < TooLongByOctet) return [.. all.Select(octet => $"{octet}")];
        var at = (int)((long)At * all.Length / 1_000_000);
        return [all[..at], all[at..]];
    }

    private static Gen<string[]> Alone(Gen<string> step) => step.Select(octets => new[] { octets });

    private static string Times(int count, string line) => string.Concat(Enumerable.Repeat(line, count));
}
