using System.Diagnostics.CodeAnalysis;
using System.Text;
using Postoffice.Runner.Routing;

namespace Postoffice.Runner.Transports.Sasl;

/// <summary>
/// Who we are for which next hop: lines of <c>HOST USER PASSWORD</c>, the first that fits counts. Blanks stand between them; a password may
/// hold blanks inside. Empty lines and those that begin with <c>#</c> do not count.
/// </summary>
internal sealed class CredentialsTable
{
    public static readonly CredentialsTable Empty = new([]);

    private readonly IReadOnlyList<(DomainPattern Host, Credentials Credentials)> lines;

    private CredentialsTable(IReadOnlyList<(DomainPattern, Credentials)> lines) => this.lines = lines;

    /// <param name="reason">When false: what is wrong with which line, without its words.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out CredentialsTable? table, out string reason)
    {
        (table, reason) = (null, "");
        var found = new List<(DomainPattern, Credentials)>();
        var number = 0;
        foreach (var range in text.AsSpan().Split('\n'))
        {
            number++;
            var line = text.AsSpan()[range].Trim();
            if (line.IsEmpty || line[0] == '#') continue;
            if (!TryParseLine(line, out var host, out var credentials))
            {
                reason = $"line {number}: HOST USER PASSWORD is expected; HOST is a next hop's name or address, or *.domain for all below it";
                return false;
            }
            found.Add((host, credentials));
        }
        table = new CredentialsTable(found);
        return true;
    }

    /// <param name="host">A configured next hop's name in its canonical form, or its address.</param>
    public Credentials? Find(string host) => lines.FirstOrDefault(line => line.Host.Fits(host)).Credentials;

    /// <summary>Not for all hosts: a recipient's address literal must not name who gets our password.</summary>
    private static bool TryParseLine(
        ReadOnlySpan<char> line, [NotNullWhen(true)] out DomainPattern? host, [NotNullWhen(true)] out Credentials? credentials)
    {
        var user = After(line, out var name);
        var password = After(user, out var who);
        credentials = IsUsable(who) && IsUsable(password) ? new Credentials(who.ToString(), password.ToString()) : null;
        return DomainPattern.TryParseHost(name, out host) && !host.IsForAll && credentials is not null;
    }

    /// <summary>Splits at the first run of blanks.</summary>
    private static ReadOnlySpan<char> After(ReadOnlySpan<char> text, out ReadOnlySpan<char> word)
    {
        var blank = text.IndexOfAny(' ', '\t');
        word = blank < 0 ? text : text[..blank];
        return blank < 0 ? [] : text[blank..].TrimStart();
    }

    private static bool IsUsable(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || Encoding.UTF8.GetByteCount(text) > Credentials.MaxOctets) return false;
        foreach (var character in text)
        {
            if (char.IsControl(character) || character == '\uFFFD') return false;
        }
        return true;
    }
}
