using Postoffice.Testing;
using static Postoffice.Runner.Tests.Transports.TransactionRig;

namespace Postoffice.Runner.Tests.Transports;

/// <summary>Everything a peer can do, at every command of a transaction, however it is spoken: what it means for Bob and for Carol.</summary>
public sealed class EveryPhaseTests
{
    private enum Meaning
    {
        Fine,
        Later,
        Never,
        Lost,
    }

    private static readonly Dictionary<string, string> Dialects = new()
    {
        ["one by one"] = "250 peer",
        ["pipelined"] = "250-peer\r\n250 PIPELINING",
        ["in chunks"] = "250-peer\r\n250-PIPELINING\r\n250 CHUNKING",
    };

    /// <summary>250 stands for the code that the command hopes for.</summary>
    private static readonly Dictionary<string, (string Reply, Meaning Meaning)> Behaviours = new()
    {
        ["many lines"] = ("250-one\r\n250-two\r\n250 three", Meaning.Fine),
        ["no words"] = ("250", Meaning.Fine),
        ["long"] = (Many(60, 1_000, "250"), Meaning.Fine),
        ["not UTF-8"] = ("250 \u00ff\u00fe", Meaning.Fine),
        ["4yz"] = ("450 4.3.0 later", Meaning.Later),
        ["4yz in lines"] = ("450-4.3.0 later\r\n450 4.3.0 please", Meaning.Later),
        ["4yz at length"] = (Many(60, 1_000, "450"), Meaning.Later),
        ["5yz"] = ("550 5.7.1 never", Meaning.Never),
        ["5yz in lines"] = ("550-5.7.1 never\r\n550 5.7.1 ever", Meaning.Never),
        ["hangs up"] = (ScriptedPeer.Close, Meaning.Lost),
        ["silent"] = (ScriptedPeer.Silence, Meaning.Lost),
        ["dripping"] = (ScriptedPeer.Drip, Meaning.Lost),
        ["no code"] = ("what?", Meaning.Lost),
        ["no line"] = ("", Meaning.Lost),
        ["no such code"] = ("999 what", Meaning.Lost),
        ["binary"] = ("\0\u0001\u0002\u00ff", Meaning.Lost),
        ["bare line end"] = ("250 one\n250 two", Meaning.Lost),
        ["two codes"] = ("450-later\r\n550 never", Meaning.Lost),
        ["too many lines"] = (Many(501, 1, "250"), Meaning.Lost),
        ["too long"] = (Many(70, 1_000, "250"), Meaning.Lost),
        ["lines without end"] = (ScriptedPeer.Flood, Meaning.Lost),
        ["a line without end"] = (ScriptedPeer.LongLine, Meaning.Lost),
    };

    public static TheoryData<string, string, string> All()
    {
        var rows = new TheoryData<string, string, string>();
        foreach (var dialect in Dialects.Keys)
        {
            foreach (var command in (string[])(dialect == "in chunks" ? ["MAIL", "RCPT", "end"] : ["MAIL", "RCPT", "DATA", "end"]))
            {
                foreach (var behaviour in Behaviours.Keys) rows.Add(dialect, command, behaviour);
            }
        }
        return rows;
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task A_reply_or_none_has_one_meaning(string dialect, string command, string behaviour)
    {
        var (reply, meaning) = Behaviours[behaviour];
        var takesTime = reply is ScriptedPeer.Silence or ScriptedPeer.Drip;
        using var rig = new TransactionRig { Patience = TimeSpan.FromSeconds(takesTime ? 1 : 30) };
        string[] script = dialect == "in chunks" ? [Ok, Ok, Ok, Ok] : [Ok, Ok, Ok, Go, Ok];
        script[command switch { "MAIL" => 0, "RCPT" => 1, "DATA" => 3, _ => script.Length - 1 }] =
            command == "DATA" ? reply.Replace("250", "354", StringComparison.Ordinal) : reply;
        await using var peer = new ScriptedPeer(["220 hi", Dialects[dialect], .. script]);

        Assert.Equal(Expected(command, meaning), await rig.RunAsync(peer));
        Assert.All(rig.Results, result => Assert.InRange(result.ToString().Length, 1, 2_000));
    }

    private static string Expected(string command, Meaning meaning) => (command, meaning) switch
    {
        (_, Meaning.Fine) => "delivered delivered",
        ("MAIL", Meaning.Later) => "early 450",
        ("MAIL", Meaning.Lost) => "early lost",
        ("RCPT", Meaning.Later) => "450 delivered",
        ("RCPT", Meaning.Never) => "550 delivered",
        ("end", Meaning.Lost) => "in-doubt in-doubt",
        (_, Meaning.Later) => "450 450",
        (_, Meaning.Never) => "550 550",
        _ => "unreached unreached",
    };

    private static string Many(int lines, int characters, string code) =>
        string.Concat(Enumerable.Repeat($"{code}-{new string('x', characters)}\r\n", lines - 1)) + $"{code} {new string('x', characters)}";
}
