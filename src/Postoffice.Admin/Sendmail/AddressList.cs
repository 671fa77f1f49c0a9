using System.Buffers;
using System.Text;
using Postoffice.Store.Mail;

namespace Postoffice.Admin.Sendmail;

/// <summary>One address of a list: usable, or the text that is none.</summary>
/// <param name="Text">As written, without display name and comments; hostile when <paramref name="Path"/> is null.</param>
/// <param name="Path">The forward-path; null when the text is no address.</param>
internal sealed record ListedAddress(string Text, ForwardPath? Path);

/// <summary>
/// Reads an address list (RFC 5322 §3.4) from a header field or an operand: comments may nest, names may be quoted, groups are opened and
/// closed. Whatever is wrong spoils the address it stands in and no other, and nothing throws.
/// </summary>
internal ref struct AddressList
{
    private static readonly SearchValues<char> Special = SearchValues.Create("()<>[],;:\" \t\r\n@.");
    private readonly ReadOnlySpan<char> list;
    private readonly List<ListedAddress> found = [];
    private readonly StringBuilder address = new(); // what an address without angle brackets would be
    private string? angle;                          // what stood between angle brackets
    private bool broken;
    private bool spaced;                            // white space since the last word: two words in a row are a name, not an address
    private int at;

    private AddressList(ReadOnlySpan<char> list) => this.list = list;

    /// <param name="list">Unfolded.</param>
    public static IReadOnlyList<ListedAddress> Parse(ReadOnlySpan<char> list)
    {
        var reader = new AddressList(list);
        reader.Read();
        return reader.found;
    }

    private void Read()
    {
        while (at < list.Length)
        {
            var c = list[at];
            switch (c)
            {
                case '(':
                    SkipComment();
                    break;
                case '"':
                    Word(Quoted());
                    break;
                case '<':
                    broken |= angle is not null;
                    angle = Angle();
                    break;
                case '[':
                    Word(Until(']'));
                    break;
                case ',' or ';':
                    at++;
                    End();
                    break;
                case ':' when angle is null:
                    at++;
                    Drop(); // the name of a group
                    break;
                case ' ' or '\t' or '\r' or '\n':
                    at++;
                    spaced = true;
                    break;
                case '@' or '.':
                    at++;
                    address.Append(c);
                    spaced = false;
                    break;
                default:
                    Word(Atom());
                    break;
            }
        }
        End();
    }

    private void Word(ReadOnlySpan<char> word)
    {
        if (angle is not null) broken = true; // nothing but a comment may follow the angle brackets
        if (spaced && address.Length > 0 && address[^1] is not ('@' or '.')) address.Append(' ');
        spaced = false;
        address.Append(word);
    }

    private ReadOnlySpan<char> Atom()
    {
        var length = list[at..].IndexOfAny(Special);
        var atom = length < 0 ? list[at..] : list.Slice(at, Math.Max(length, 1));
        at += atom.Length;
        return atom;
    }

    private ReadOnlySpan<char> Quoted()
    {
        var start = at++;
        while (at < list.Length && list[at] != '"') at += list[at] == '\\' ? 2 : 1;
        return Close(start);
    }

    private ReadOnlySpan<char> Until(char end)
    {
        var start = at++;
        while (at < list.Length && list[at] != end) at++;
        return Close(start);
    }

    /// <summary>Up to the character that closes; an end of the list before it spoils the address.</summary>
    private ReadOnlySpan<char> Close(int start)
    {
        broken |= at >= list.Length;
        at = Math.Min(at + 1, list.Length);
        return list[start..at];
    }

    /// <summary>What stands between the brackets without comments and blanks: quoted strings keep theirs.</summary>
    private string Angle()
    {
        var inside = new StringBuilder();
        at++;
        while (at < list.Length && list[at] != '>')
        {
            switch (list[at])
            {
                case '(': SkipComment(); break;
                case '"': inside.Append(Quoted()); break;
                case ' ' or '\t' or '\r' or '\n': at++; break;
                default: inside.Append(list[at++]); break;
            }
        }
        broken |= at >= list.Length;
        at++;
        return inside.ToString();
    }

    private void SkipComment()
    {
        var depth = 0;
        for (; at < list.Length; at++)
        {
            if (list[at] == '\\') at++;
            else if (list[at] == '(') depth++;
            else if (list[at] == ')' && --depth == 0) break;
        }
        broken |= at >= list.Length;
        at = Math.Min(at + 1, list.Length);
        spaced = true;
    }

    private void End()
    {
        var text = angle ?? address.ToString();
        // Empty items are legal (RFC 5322 §4.4): they say nothing. Empty brackets are no recipient.
        if (text.Length > 0 || angle is not null || broken)
        {
            ForwardPath? path = null;
            if (!broken) ForwardPath.TryParse(text, smtpUtf8: true, out path, localPartOnly: true);
            found.Add(new ListedAddress(broken && text.Length == 0 ? list.ToString() : text, path));
        }
        Drop();
    }

    private void Drop()
    {
        address.Clear();
        angle = null;
        broken = false;
        spaced = false;
    }
}
