namespace Postoffice.Smtp.Tests.Dialogue;

/// <summary>Something MAIL can say, and what comes of it.</summary>
/// <param name="Code">Where MAIL is in its place.</param>
internal sealed record MailCase(string Arguments, int Code, string From = "", string? Body = null, bool IsUtf8 = false)
{
    public static readonly MailCase[] Good =
    [
        new("FROM:<a@example.net>", 250, "a@example.net"),
        new("FROM:<b@example.net> SIZE=100 BODY=8BITMIME", 250, "b@example.net", "8BITMIME"),
        new("from: <a@example.net>  body=7bit", 250, "a@example.net", "7BIT"),
        new("FROM:<>", 250),
        new("FROM:<\u00C3\u00A4@example.net> SMTPUTF8", 250, "ä@example.net", IsUtf8: true),
    ];

    public static readonly MailCase[] Bad =
    [
        new("FROM:<a@example.net> SIZE=3001", 552),
        new("FROM:<a@example.net> SIZE=99999999999999999999", 552),
        new("FROM:<a@example.net> SIZE=x", 501),
        new("FROM:<a@example.net> BODY=BINARYMIME", 501),
        new("FROM:<a@example.net> COLOUR=red", 555),
        new("FROM:<a@example.net>SIZE=1", 501),
        new("FROM:a@example.net", 501),
        new("FROM:<a@>", 501),
        new("FROM:<", 501),
        new("TO:<a@example.net>", 501),
        new("", 501),
        new("FROM:<\u00C3\u00A4@example.net>", 553),
    ];

    /// <summary>In content, for whoever takes it for a command.</summary>
    public static readonly MailCase Smuggled = new("FROM:<e@example.net>", 250, "e@example.net");

    private static readonly Dictionary<string, MailCase> All =
        Good.Concat(Bad).Append(Smuggled).ToDictionary(asked => asked.Arguments);

    public static MailCase Of(string arguments) => All[arguments];
}

/// <summary>Something RCPT can say, and what comes of it.</summary>
/// <param name="Stranger">Code for a client of the network.</param>
/// <param name="Own">Code for one of our own; the same when 0.</param>
/// <param name="WithoutUtf8">Code when MAIL did not ask for SMTPUTF8; the same when 0.</param>
internal sealed record RcptCase(string Arguments, int Stranger, string Mailbox = "", int Own = 0, int WithoutUtf8 = 0)
{
    public static readonly RcptCase[] Good =
    [
        new("TO:<root@example.test>", 250, "root@example.test"),
        new("to: <root@EXAMPLE.TEST>", 250, "root@example.test"),
        new("TO:<postmaster@example.test>", 250, "postmaster@example.test"),
        new("TO:<daemon@example.test> NOTIFY=NEVER", 250, "daemon@example.test"),
        new("TO:<@relay.example.org:root@example.test>", 250, "root@example.test"),
    ];

    public static readonly RcptCase[] Bad =
    [
        new("TO:<none-such@example.test>", 550),
        new("TO:<x@example.org>", 550, "x@example.org", Own: 250),
        new("TO:<root@example.test> COLOUR=red", 555),
        new("TO:<root@example.test> NOTIFY=NEVER,FAILURE", 501),
        new("TO:<", 501),
        new("TO:<>", 501),
        new("FROM:<root@example.test>", 501),
        new("", 501),
        new("TO:<\u00C3\u00BC@example.test>", 550, WithoutUtf8: 553),
    ];

    /// <summary>More than one transaction may have, one after another.</summary>
    public static readonly RcptCase[] Crowd =
        [.. Enumerable.Range(0, 120).Select(i => new RcptCase($"TO:<r{i}@example.org>", 550, $"r{i}@example.org", Own: 250))];

    private static readonly Dictionary<string, RcptCase> All =
        Good.Concat(Bad).Concat(Crowd).ToDictionary(asked => asked.Arguments);

    public static RcptCase Of(string arguments) => All[arguments];

    public int Code(bool isUtf8, bool isOwn) => (isUtf8, isOwn) switch
    {
        (false, _) when WithoutUtf8 != 0 => WithoutUtf8,
        (_, true) when Own != 0 => Own,
        _ => Stranger,
    };
}
