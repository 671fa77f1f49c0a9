using CsCheck;

namespace Postoffice.Smtp.Tests.Dialogue;

/// <summary>P16: whatever is said in whatever order, the session agrees with a model that keeps nothing but sender and recipients.</summary>
public sealed class TransactionModelTests
{
    private static readonly Gen<string> Command = Gen.OneOf(
        "EHLO x", "HELO x", "EHLO", "MAIL FROM:<a@example.net>", "MAIL FROM:<", "RCPT TO:<root@example.test>", "RCPT TO:<none-such@example.test>",
        "DATA good", "DATA bad", "BDAT", "BDAT LAST", "BDAT bad", "RSET", "RSET x", "NOOP", "VRFY x", "NONSENSE");

    [Fact]
    public async Task The_session_agrees_with_the_model()
    {
        using var listener = new TestListener(settings: "max-errors=1000");
        await Command.Array[1, 25].SampleAsync(async commands =>
        {
            await using var client = listener.Connect();
            await client.ReplyAsync();
            var model = new Model();
            foreach (var command in commands)
            {
                var expected = model.Answer(command);
                var said = await SayAsync(client, command);
                if (!said.StartsWith($"{expected}", StringComparison.Ordinal)) return false;
            }
            return true;
        }, iter: 300, threads: 1);
    }

    private static async Task<string> SayAsync(TestClient client, string command)
    {
        switch (command)
        {
            case "DATA good" or "DATA bad":
                var go = await client.AskAsync("DATA");
                if (!go!.StartsWith("354", StringComparison.Ordinal)) return go;
                return (await client.AskAsync(command == "DATA good" ? "\r\ntext\r\n." : "\r\nte\rxt\r\n."))!;
            case "BDAT":
                return (await client.AskAsync("BDAT 3\r\na"))!;
            case "BDAT LAST":
                return (await client.AskAsync("BDAT 3 LAST\r\nb"))!;
            case "BDAT bad":
                return (await client.AskAsync("BDAT 5\r\n\0bc"))!;
            default:
                return (await client.AskAsync(command))!;
        }
    }

    private sealed class Model
    {
        private bool greeted, sender, chunks;
        private int recipients;

        public int Answer(string command) => command switch
        {
            "EHLO x" or "HELO x" => Reset(greet: true, 250),
            "EHLO" or "RSET x" => 501,
            "RSET" => Reset(greeted, 250),
            "NOOP" => 250,
            "VRFY x" => 252,
            "NONSENSE" => 500,
            "MAIL FROM:<a@example.net>" => greeted && !sender ? Begin() : 503,
            "MAIL FROM:<" => greeted && !sender ? 501 : 503,
            "RCPT TO:<root@example.test>" => sender && !chunks ? Add() : 503,
            "RCPT TO:<none-such@example.test>" => sender && !chunks ? 550 : 503,
            "DATA good" => recipients > 0 && !chunks ? Reset(true, 250) : 503,
            "DATA bad" => recipients > 0 && !chunks ? Reset(true, 550) : 503,
            "BDAT" => recipients > 0 ? Chunk() : 503,
            "BDAT LAST" => recipients > 0 ? Reset(true, 250) : 503,
            _ => recipients > 0 ? Reset(true, 550) : 503,
        };

        private int Begin()
        {
            sender = true;
            return 250;
        }

        private int Add()
        {
            recipients++;
            return 250;
        }

        private int Chunk()
        {
            chunks = true;
            return 250;
        }

        private int Reset(bool greet, int code)
        {
            (greeted, sender, chunks, recipients) = (greet, false, false, 0);
            return code;
        }
    }
}
