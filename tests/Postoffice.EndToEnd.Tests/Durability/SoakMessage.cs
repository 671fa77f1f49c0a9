using System.Text;

namespace Postoffice.EndToEnd.Tests.Durability;

/// <summary>What is to become of a message.</summary>
internal enum Fate
{
    /// <summary>It goes to a mailbox here.</summary>
    Kept,

    /// <summary>The next hop takes it at once.</summary>
    Relayed,

    /// <summary>The next hop puts it off once, then takes it.</summary>
    Deferred,

    /// <summary>The next hop refuses it, and its sender, who has a mailbox here, is told.</summary>
    Bounced,
}

/// <summary>A message of a soak: each of its own, its recipient tells the next hop what to do with it.</summary>
/// <param name="Content">With CRLF; no line begins with a dot.</param>
internal sealed record SoakMessage(Guid Token, Fate Fate, string To, byte[] Content)
{
    private const int Kilobyte = 1024, Megabyte = 1024 * Kilobyte, Line = 78;
    private static readonly byte[] Alphabet = [.. "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"u8];

    /// <summary>The <paramref name="number"/>th message: of each twenty, seven are kept, six relayed, six deferred (30 %), and one bounces (5 %).</summary>
    public static SoakMessage Write(int number, Random random)
    {
        var token = Guid.NewGuid();
        var fate = (number % 20) switch { 0 => Fate.Bounced, < 7 => Fate.Deferred, < 13 => Fate.Relayed, _ => Fate.Kept };
        return new SoakMessage(token, fate, fate is Fate.Kept ? Site.Address : $"{fate}-{token:N}@remote.example", Octets(token, random));
    }

    /// <summary>The token in an address of a next hop's recipient, and what is to become of it there; null where there is none.</summary>
    public static (Fate Fate, Guid Token)? Read(string text)
    {
        foreach (var fate in (Fate[])[Fate.Relayed, Fate.Deferred, Fate.Bounced])
        {
            var at = text.IndexOf($"{fate}-", StringComparison.Ordinal);
            if (at >= 0 && Guid.TryParseExact(text.AsSpan(at + $"{fate}-".Length, 32), "N", out var token)) return (fate, token);
        }
        return null;
    }

    /// <summary>As mail is: most of it small, and most of the octets in a few large ones. From 1 KiB to 20 MiB, 140 KiB on average.</summary>
    private static int SizeOf(Random random)
    {
        var (least, most) = random.NextDouble() switch
        {
            < 0.70 => (Kilobyte, 8 * Kilobyte),
            < 0.92 => (8 * Kilobyte, 128 * Kilobyte),
            < 0.99 => (128 * Kilobyte, 2 * Megabyte),
            _ => (2 * Megabyte, 20 * Megabyte),
        };
        return (int)(least * Math.Pow((double)most / least, random.NextDouble()));
    }

    private static byte[] Octets(Guid token, Random random)
    {
        var header = Encoding.Latin1.GetBytes($"Subject: {token:N}\r\nFrom: <{Site.Address}>\r\n\r\n");
        var lines = Math.Max(1, (SizeOf(random) - header.Length) / Line);
        var content = new byte[header.Length + lines * Line];
        header.CopyTo(content, 0);
        var body = content.AsSpan(header.Length);
        random.NextBytes(body);
        for (var at = 0; at < body.Length; at++) body[at] = Alphabet[body[at] & 63];
        for (var end = Line; end <= body.Length; end += Line) "\r\n"u8.CopyTo(body[(end - 2)..]);
        return content;
    }
}
