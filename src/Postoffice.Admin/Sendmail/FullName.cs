using System.Text;
using Postoffice.Store.Mail;

namespace Postoffice.Admin.Sendmail;

/// <summary><c>-F NAME</c>: the From field of a message that has none (C-QUEUE-08), with the name in front of the address.</summary>
internal static class FullName
{
    private const int OctetsOfEncodedWord = 39; // 52 characters of base 64, so that a word stays within 75 (RFC 2047 §2)

    /// <summary>Null when the field would not be a legal one.</summary>
    public static HeaderField? FromField(string name, Mailbox sender) =>
        HeaderField.TryCreate("From", $"{Phrase(name)} <{sender}>", out var field) ? field : null;

    /// <summary>The name as RFC 5322 writes one: quoted, or as encoded words when it is not ASCII. Controls become blanks.</summary>
    public static string Phrase(string name)
    {
        var text = string.Create(name.Length, name, static (clean, source) =>
        {
            for (var i = 0; i < source.Length; i++) clean[i] = MailText.IsControl(source[i]) ? ' ' : source[i];
        });
        return Ascii.IsValid(text) ? $"\"{text.Replace(@"\", @"\\").Replace("\"", "\\\"")}\"" : EncodedWords(text);
    }

    private static string EncodedWords(string text)
    {
        var words = new List<string>();
        var octets = new List<byte>();
        foreach (var rune in text.EnumerateRunes())
        {
            var character = Encoding.UTF8.GetBytes(rune.ToString());
            if (octets.Count + character.Length > OctetsOfEncodedWord) Flush();
            octets.AddRange(character);
        }
        Flush();
        return string.Join("\r\n ", words);

        void Flush()
        {
            words.Add($"=?utf-8?B?{Convert.ToBase64String([.. octets])}?=");
            octets.Clear();
        }
    }
}
