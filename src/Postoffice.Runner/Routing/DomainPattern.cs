using System.Diagnostics.CodeAnalysis;
using Postoffice.Store.Mail;

namespace Postoffice.Runner.Routing;

/// <summary>Which names a setting is for: a domain, <c>*.domain</c> for everything below it but not itself, or <c>*</c> for all.</summary>
internal sealed record DomainPattern
{
    /// <summary>What is expected, for a refusal's sentence.</summary>
    public const string Forms = "a domain, *.domain or *";

    private const string Below = "*.";
    private readonly string text;

    private DomainPattern(string text) => this.text = text;

    public bool IsForAll => text == "*";

    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out DomainPattern? pattern)
    {
        pattern = null;
        var isBelow = text.StartsWith(Below, StringComparison.Ordinal);
        if (text is "*") pattern = new DomainPattern("*");
        else if (DomainName.TryParse(isBelow ? text[Below.Length..] : text, out var name)) pattern = new DomainPattern((isBelow ? Below : "") + name.Value);
        return pattern is not null;
    }

    /// <summary>Also takes an address, in brackets or not, that stands for a next hop without a name.</summary>
    public static bool TryParseHost(ReadOnlySpan<char> text, [NotNullWhen(true)] out DomainPattern? pattern)
    {
        if (TryParse(text, out pattern)) return true;
        var inner = text is ['[', .., ']'] ? text[1..^1] : text;
        if (AddressLiteral.TryParseAddress(inner, out var address)) pattern = new DomainPattern(address.ToString());
        return pattern is not null;
    }

    /// <param name="name">A domain's canonical form or an address.</param>
    public bool Fits(string name) => IsForAll || text == name || (text[0] == '*' && name.EndsWith(text[1..], StringComparison.Ordinal));

    public override string ToString() => text;
}
