using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Postoffice.Smtp.Dialogue;

namespace Postoffice.Smtp.Tests;

/// <summary>
/// A conversation on file. <c>C:</c> is sent with CRLF, <c>C-</c> without; <c>S:</c> is one expected line, <c>S: …</c> skips to a reply's last
/// line; <c>&lt;id&gt;</c> stands for any queue id. <c>\r \n \t \0 \xNN \\</c> are octets. <c>@ name=value</c> is a setting,
/// <c>@ client ADDRESS</c> or <c>@ client local</c> says who calls, <c>@ accepted N</c> how many messages must be in the store at the end.
/// </summary>
internal sealed partial record Transcript(IReadOnlyList<string> Settings, ClientPeer Client, int? Accepted, IReadOnlyList<Transcript.Line> Lines)
{
    internal sealed record Line(bool FromClient, byte[] Octets, string Text);

    public static Transcript Read(string path)
    {
        var settings = new List<string>();
        var client = new ClientPeer(TestListener.Stranger);
        int? accepted = null;
        var lines = new List<Line>();
        foreach (var line in Store.Native.SafeFile.ReadText(path, 1 << 20).Split('\n'))
        {
            switch (line)
            {
                case ['@', ' ', .. var word] when word.StartsWith("client ", StringComparison.Ordinal): client = Peer(word[7..]); break;
                case ['@', ' ', .. var word] when word.StartsWith("accepted ", StringComparison.Ordinal): accepted = int.Parse(word[9..]); break;
                case ['@', ' ', .. var setting]: settings.Add(setting); break;
                case "C:" or "C: ": lines.Add(new Line(true, "\r\n"u8.ToArray(), "")); break;
                case ['C', ':', ' ', .. var text]: lines.Add(new Line(true, [.. Unescape(text), .. "\r\n"u8], text)); break;
                case ['C', '-', ' ', .. var text]: lines.Add(new Line(true, Unescape(text), text)); break;
                case ['S', ':', ' ', .. var text]: lines.Add(new Line(false, [], text)); break;
                case "" or ['#', ..]: break;
                default: throw new FormatException($"{path}: {line}");
            }
        }
        return new Transcript(settings, client, accepted, lines);
    }

    public byte[] AllSent => [.. Lines.Where(line => line.FromClient).SelectMany(line => line.Octets)];

    /// <summary>The lines said by the server must be these, in order.</summary>
    public void Check(string said)
    {
        var rest = new Queue<string>(said.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        foreach (var expected in Lines.Where(line => !line.FromClient).Select(line => line.Text))
        {
            Assert.True(rest.TryDequeue(out var line), $"'{expected}' was not said; all that was:\n{said}");
            if (expected == "…")
            {
                while (line[3] == '-') line = rest.Dequeue();
                continue;
            }
            var pattern = "^" + Regex.Escape(expected).Replace("<id>", "[0-9A-Z]{12}", StringComparison.Ordinal) + "$";
            Assert.True(Regex.IsMatch(line, pattern), $"'{expected}' was expected, '{line}' was said; all:\n{said}");
        }
        Assert.True(rest.Count == 0, $"more was said than expected: {string.Join(" / ", rest)}");
    }

    private static ClientPeer Peer(string who) => who switch
    {
        "local" => new ClientPeer(null, new LocalCaller(1000, "alice", "Alice")),
        _ when who.EndsWith(" submission", StringComparison.Ordinal) => Peer(who[..^11]) with { IsSubmissionPort = true },
        _ => Store.Mail.AddressLiteral.TryParseAddress(who, out IPAddress? address) ? new ClientPeer(address) : throw new FormatException(who),
    };

    private static byte[] Unescape(string text)
    {
        var octets = Escape().Replace(text, match => match.Value switch
        {
            @"\r" => "\r",
            @"\n" => "\n",
            @"\t" => "\t",
            @"\0" => "\0",
            @"\\" => @"\",
            var hex => ((char)byte.Parse(hex.AsSpan(2), NumberStyles.HexNumber)).ToString(),
        });
        return Encoding.Latin1.GetBytes(octets);
    }

    [GeneratedRegex(@"\\(r|n|t|0|\\|x[0-9A-Fa-f]{2})", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Escape();
}
