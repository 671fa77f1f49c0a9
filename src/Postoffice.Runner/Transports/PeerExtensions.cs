using Postoffice.Store.Mail;

namespace Postoffice.Runner.Transports;

/// <summary>What a server offers in its reply to EHLO (RFC 5321 §4.1.1.1); nothing after HELO.</summary>
internal readonly record struct PeerExtensions(bool Size, bool EightBitMime, bool SmtpUtf8)
{
    public static PeerExtensions Of(Reply ehlo)
    {
        var offered = default(PeerExtensions);
        foreach (var line in ehlo.Text.Split('\n').Skip(1)) // the first line is the server's name
        {
            var keyword = line.AsSpan();
            var blank = keyword.IndexOf(' ');
            if (blank >= 0) keyword = keyword[..blank];
            if (keyword.Equals("SIZE", StringComparison.OrdinalIgnoreCase)) offered = offered with { Size = true };
            else if (keyword.Equals("8BITMIME", StringComparison.OrdinalIgnoreCase)) offered = offered with { EightBitMime = true };
            else if (keyword.Equals("SMTPUTF8", StringComparison.OrdinalIgnoreCase)) offered = offered with { SmtpUtf8 = true };
        }
        return offered;
    }
}
