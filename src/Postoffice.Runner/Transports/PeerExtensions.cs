using System.Globalization;
using Postoffice.Store.Mail;

namespace Postoffice.Runner.Transports;

/// <summary>What a server offers in its reply to EHLO (RFC 5321 §4.1.1.1); nothing after HELO.</summary>
internal readonly record struct PeerExtensions
{
    /// <summary>It wants to know the size beforehand (RFC 1870).</summary>
    public bool Size { get; init; }

    /// <summary>Octets of the largest message it takes; null when it names no limit (RFC 1870 §4: 0 is none).</summary>
    public long? SizeLimit { get; init; }

    /// <summary>RFC 6152.</summary>
    public bool EightBitMime { get; init; }

    /// <summary>RFC 6531.</summary>
    public bool SmtpUtf8 { get; init; }

    /// <summary>RFC 2920.</summary>
    public bool Pipelining { get; init; }

    /// <summary>RFC 3461.</summary>
    public bool Dsn { get; init; }

    /// <summary>RFC 3030.</summary>
    public bool Chunking { get; init; }

    public static PeerExtensions Of(Reply ehlo)
    {
        var offered = default(PeerExtensions);
        foreach (var line in ehlo.Text.Split('\n').Skip(1)) // the first line is the server's name
        {
            var words = line.Split(' ');
            offered = words[0].ToUpperInvariant() switch
            {
                "SIZE" => offered with { Size = true, SizeLimit = Limit(words) },
                "8BITMIME" => offered with { EightBitMime = true },
                "SMTPUTF8" => offered with { SmtpUtf8 = true },
                "PIPELINING" => offered with { Pipelining = true },
                "CHUNKING" => offered with { Chunking = true },
                "DSN" => offered with { Dsn = true },
                _ => offered,
            };
        }
        return offered;
    }

    /// <summary>A number too large for us, or none at all, limits nothing.</summary>
    private static long? Limit(string[] words) =>
        words.Length > 1 && long.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit > 0 ? limit : null;
}
