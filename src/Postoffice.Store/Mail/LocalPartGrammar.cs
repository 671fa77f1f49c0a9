using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Postoffice.Store.Mail;

/// <summary>The local part's grammar: Dot-string or Quoted-string (RFC 5321 §4.1.2), widened to UTF-8 by RFC 6531 §3.3.</summary>
internal static class LocalPartGrammar
{
    /// <summary>RFC 5322 §3.2.3.</summary>
    private static readonly SearchValues<char> AtomText =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~");

    /// <summary>Reads the local part off the front; what follows is the caller's.</summary>
    /// <param name="text">Whether it may be other than ASCII has been judged.</param>
    /// <param name="localPart">Without quotes and backslashes.</param>
    /// <param name="taken">Characters read.</param>
    public static bool TryRead(ReadOnlySpan<char> text, [NotNullWhen(true)] out string? localPart, out int taken)
    {
        localPart = null;
        if (text.StartsWith('"')) return TryReadQuoted(text, out localPart, out taken);

        taken = text.IndexOf('@');
        if (taken < 0) taken = text.Length;
        if (!IsDotString(text[..taken])) return false;

        localPart = text[..taken].ToString();
        return true;
    }

    /// <summary>The shortest form that reads back: quotes only where a Dot-string cannot say it.</summary>
    public static string Write(string localPart)
    {
        if (IsDotString(localPart)) return localPart;

        var written = new StringBuilder(localPart.Length + 4).Append('"');
        foreach (var c in localPart)
        {
            if (c is '"' or '\\') written.Append('\\');
            written.Append(c);
        }

        return written.Append('"').ToString();
    }

    private static bool TryReadQuoted(ReadOnlySpan<char> text, [NotNullWhen(true)] out string? localPart, out int taken)
    {
        localPart = null;
        var content = new StringBuilder();
        for (taken = 1; taken < text.Length; taken++)
        {
            var c = text[taken];
            if (c == '"')
            {
                taken++;
                localPart = content.ToString();
                return MailText.IsWellFormed(localPart);
            }

            // quoted-pairSMTP is a backslash and %d32-126; a backslash before anything else quotes nothing.
            if (c == '\\' && (++taken == text.Length || (c = text[taken]) > '~')) return false;
            if (!IsQuotable(c)) return false;
            content.Append(c);
        }

        return false;
    }

    private static bool IsDotString(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || !MailText.IsWellFormed(text)) return false;

        foreach (var range in text.Split('.'))
        {
            var atom = text[range];
            if (atom.IsEmpty) return false;
            while (atom.IndexOfAnyExcept(AtomText) is >= 0 and var at)
            {
                if (char.IsAscii(atom[at]) || !IsQuotable(atom[at])) return false;
                atom = atom[(at + 1)..];
            }
        }

        return true;
    }

    /// <summary>Printable; U+FFFD is what a careless decoder leaves of an octet it could not read, so it names nobody.</summary>
    private static bool IsQuotable(char c) => !MailText.IsControl(c) && c != '\uFFFD';
}
