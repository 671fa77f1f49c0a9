using Postoffice.Store.Mail;

namespace Postoffice.Runner.Transports;

/// <summary>What a server offers in its reply to EHLO for the opening of a session alone; nothing after HELO.</summary>
/// <param name="StartTls">RFC 3207.</param>
/// <param name="Mechanisms">Of AUTH (RFC 4954), as the server names them.</param>
internal sealed record SecurityOffers(bool StartTls, IReadOnlyList<string> Mechanisms)
{
    public static SecurityOffers Of(Reply ehlo)
    {
        var startTls = false;
        var mechanisms = new List<string>();
        foreach (var line in ehlo.Text.Split('\n').Skip(1)) // the first line is the server's name
        {
            // "AUTH=" is how servers spoke before RFC 2554; some say both.
            var words = line.Split([' ', '='], StringSplitOptions.RemoveEmptyEntries);
            if (words is [var only] && only.Equals("STARTTLS", StringComparison.OrdinalIgnoreCase)) startTls = true;
            if (words is [var first, .. var names] && first.Equals("AUTH", StringComparison.OrdinalIgnoreCase)) mechanisms.AddRange(names);
        }
        return new SecurityOffers(startTls, mechanisms);
    }
}
