namespace Postoffice.Smtp.Grammar;

/// <summary>What BDAT says: how many octets follow, and whether they are the last (RFC 3030 §2).</summary>
internal readonly record struct BdatArguments(long Octets, bool IsLast)
{
    private const int MaxDigits = 18;

    public static bool TryParse(ReadOnlySpan<char> arguments, out BdatArguments bdat)
    {
        bdat = default;
        var end = arguments.IndexOf(' ');
        var size = end < 0 ? arguments : arguments[..end];
        var isLast = end >= 0 && arguments[end..].TrimStart(' ').Equals("LAST", StringComparison.OrdinalIgnoreCase);
        if (end >= 0 && !isLast) return false;
        if (size.Length is 0 or > MaxDigits || size.ContainsAnyExceptInRange('0', '9')) return false;
        bdat = new BdatArguments(long.Parse(size), isLast);
        return true;
    }
}
