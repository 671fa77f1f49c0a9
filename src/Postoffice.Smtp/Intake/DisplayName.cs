using System.Text;
using Postoffice.Store.Mail;

namespace Postoffice.Smtp.Intake;

/// <summary>A person's name in a header field: quoted (RFC 5322 §3.2.4), or as encoded words when it is not ASCII (RFC 2047).</summary>
internal static class DisplayName
{
    private const int MaxCharacters = 200;
    private const int OctetsAWord = 42; // base 64 makes 56 of them, and with =?UTF-8?B? and ?= less than 75 (RFC 2047 §2)

    /// <returns>Empty when the name cannot be shown: it is empty, too long or holds controls.</returns>
    public static string Write(string name)
    {
        name = name.Trim();
        if (name.Length is 0 or > MaxCharacters || MailText.HasControl(name) || !MailText.IsWellFormed(name)) return "";
        if (!Ascii.IsValid(name)) return Encoded(name);
        return $"\"{name.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
    }

    private static string Encoded(string name)
    {
        var words = new List<string>();
        var word = new List<byte>();
        Span<byte> octets = stackalloc byte[4];
        foreach (var rune in name.EnumerateRunes())
        {
            var length = rune.EncodeToUtf8(octets);
            if (word.Count + length > OctetsAWord) Close();
            word.AddRange(octets[..length]);
        }
        Close();
        return string.Join("\r\n ", words);

        void Close()
        {
            words.Add($"=?UTF-8?B?{Convert.ToBase64String([.. word])}?=");
            word.Clear();
        }
    }
}
