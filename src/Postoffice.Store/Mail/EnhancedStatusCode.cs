namespace Postoffice.Store.Mail;

/// <summary>A status code of RFC 3463, as <c>4.3.1</c>.</summary>
/// <param name="Class">2, 4 or 5.</param>
/// <param name="Subject">0 to 999.</param>
/// <param name="Detail">0 to 999.</param>
public readonly record struct EnhancedStatusCode(int Class, int Subject, int Detail)
{
    public static bool TryParse(ReadOnlySpan<char> text, out EnhancedStatusCode status)
    {
        status = default;
        Span<Range> parts = stackalloc Range[4];
        if (text.Split(parts, '.') != 3) return false;
        if (!TryNumber(text[parts[0]], out var kind) || kind is not (2 or 4 or 5)) return false;
        if (!TryNumber(text[parts[1]], out var subject) || !TryNumber(text[parts[2]], out var detail)) return false;
        status = new EnhancedStatusCode(kind, subject, detail);
        return true;
    }

    public override string ToString() => $"{Class}.{Subject}.{Detail}";

    private static bool TryNumber(ReadOnlySpan<char> text, out int number)
    {
        number = 0;
        return text.Length is >= 1 and <= 3 && !text.ContainsAnyExceptInRange('0', '9') && int.TryParse(text, out number);
    }
}
