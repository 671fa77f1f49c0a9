namespace Postoffice.Smtp.Grammar;

/// <summary>
/// The common form of MAIL and RCPT: <c>FROM:&lt;path&gt; KEYWORD=value …</c> (RFC 5321 §4.1.2). Blanks behind the colon are taken, as
/// every server does (§3.3 forbids clients to send them); the angle brackets are not optional.
/// </summary>
internal readonly ref struct PathAndParameters
{
    private PathAndParameters(ReadOnlySpan<char> path, ReadOnlySpan<char> parameters)
    {
        Path = path;
        Parameters = parameters;
    }

    /// <summary>Without its brackets.</summary>
    public ReadOnlySpan<char> Path { get; }

    /// <summary>Separated by single blanks; empty when there are none.</summary>
    public ReadOnlySpan<char> Parameters { get; }

    /// <param name="keyword"><c>FROM:</c> or <c>TO:</c>, in any case.</param>
    public static bool TryRead(ReadOnlySpan<char> arguments, string keyword, out PathAndParameters read)
    {
        read = default;
        if (!arguments.StartsWith(keyword, StringComparison.OrdinalIgnoreCase)) return false;
        var rest = arguments[keyword.Length..].TrimStart(' ');
        if (!rest.StartsWith('<')) return false;
        var end = EndOfPath(rest);
        if (end < 0) return false;
        var behind = rest[(end + 1)..];
        if (!behind.IsEmpty && behind[0] != ' ') return false;
        read = new PathAndParameters(rest[1..end], behind.Trim(' '));
        return true;
    }

    /// <summary>Takes the first parameter off the front of <paramref name="parameters"/>.</summary>
    /// <param name="value">Null when the parameter has none.</param>
    /// <returns>False when it is not the form of an esmtp-param.</returns>
    public static bool TryTake(ref ReadOnlySpan<char> parameters, out ReadOnlySpan<char> keyword, out bool hasValue, out ReadOnlySpan<char> value)
    {
        var end = parameters.IndexOf(' ');
        var parameter = end < 0 ? parameters : parameters[..end];
        parameters = end < 0 ? default : parameters[end..].TrimStart(' ');
        var equals = parameter.IndexOf('=');
        hasValue = equals >= 0;
        keyword = hasValue ? parameter[..equals] : parameter;
        value = hasValue ? parameter[(equals + 1)..] : default;
        return IsKeyword(keyword) && (!hasValue || (!value.IsEmpty && !Store.Mail.MailText.HasControl(value)));
    }

    private static bool IsKeyword(ReadOnlySpan<char> keyword)
    {
        if (keyword.IsEmpty || !char.IsAsciiLetterOrDigit(keyword[0])) return false;
        foreach (var c in keyword)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c != '-') return false;
        }
        return true;
    }

    /// <summary>The bracket that closes; one inside quotes is part of a local part.</summary>
    private static int EndOfPath(ReadOnlySpan<char> text)
    {
        var quoted = false;
        for (var at = 1; at < text.Length; at++)
        {
            switch (text[at])
            {
                case '\\' when quoted:
                    at++;
                    break;
                case '"':
                    quoted = !quoted;
                    break;
                case '>' when !quoted:
                    return at;
            }
        }
        return -1;
    }
}
