namespace Postoffice.Store.Mail;

/// <summary>A text that an answer from outside may have made long, as a fact keeps it.</summary>
public static class KeptText
{
    private const char Cut = '…';

    /// <summary>A text over <see cref="Reply.MaxKeptCharacters"/> ends there, with <c>…</c> as its last character.</summary>
    public static string Of(string text)
    {
        if (text.Length <= Reply.MaxKeptCharacters) return text;
        var end = Reply.MaxKeptCharacters - 1;
        if (char.IsHighSurrogate(text[end - 1])) end--; // never half a character
        return string.Concat(text.AsSpan(0, end), [Cut]);
    }
}
