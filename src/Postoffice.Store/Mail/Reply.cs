namespace Postoffice.Store.Mail;

/// <summary>A reply of RFC 5321 §4.2: what we say to a client, or what a next hop said to us.</summary>
/// <param name="Code">200 to 599.</param>
/// <param name="Status">The enhanced status code (RFC 2034), when there is one.</param>
/// <param name="Text">Lines joined by <c>\n</c>, without code and status. A peer's text is hostile: escape it where it is shown.</param>
public sealed record Reply(int Code, EnhancedStatusCode? Status, string Text)
{
    /// <summary>Characters of a text that is kept: enough for every reply seen in earnest, little enough for a hundred recipients in one fact.</summary>
    public const int MaxKeptCharacters = 1_000;

    public bool IsPositive => Code is >= 200 and < 400;

    /// <summary>2yz: the command was done, and nothing more is asked for.</summary>
    public bool IsCompletion => Code is >= 200 and < 300;

    /// <summary>4yz: the same command may succeed later.</summary>
    public bool IsTransient => Code is >= 400 and < 500;

    /// <summary>5yz: the same command will not succeed.</summary>
    public bool IsPermanent => Code >= 500;

    /// <summary>Takes <c>451 4.3.0 Try later</c>, as written by <see cref="ToString"/>.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out Reply reply)
    {
        reply = new Reply(0, null, "");
        if (text.Length < 3 || text[..3].ContainsAnyExceptInRange('0', '9') || text[0] is < '2' or > '5') return false;
        if (text.Length > 3 && text[3] != ' ') return false;
        var code = int.Parse(text[..3]);
        var rest = text.Length > 4 ? text[4..] : [];
        var end = rest.IndexOf(' ');
        var word = end < 0 ? rest : rest[..end];
        reply = EnhancedStatusCode.TryParse(word, out var status) && status.Class == code / 100
            ? new Reply(code, status, end < 0 ? "" : rest[(end + 1)..].ToString())
            : new Reply(code, null, rest.ToString());
        return true;
    }

    /// <exception cref="FormatException">Not a reply; for text of our own.</exception>
    public static Reply Parse(string text) => TryParse(text, out var reply) ? reply : throw new FormatException($"Not a reply: {text}");

    /// <summary>The reply as it is kept: a text over <see cref="MaxKeptCharacters"/> ends there, with <c>…</c> as its last character.</summary>
    public Reply Kept() => Text.Length <= MaxKeptCharacters ? this : this with { Text = KeptText.Of(Text) };

    /// <summary>A peer's words, with ours behind them where they do not tell why; else ours alone. Null when there are none.</summary>
    public static string? InWords(Reply? reply, string? reason) => reply is null || reason is null ? reply?.ToString() ?? reason : $"{reply} ({reason})";

    public override string ToString() => Status is { } status ? $"{Code} {status} {Text}" : $"{Code} {Text}";
}
