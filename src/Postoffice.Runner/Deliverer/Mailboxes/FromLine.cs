using System.Globalization;
using System.Text;

namespace Postoffice.Runner.Deliverer.Mailboxes;

/// <summary>The line that separates messages in an mbox: <c>From SENDER Www Mmm DD HH:MM:SS YYYY</c>, local time (RFC 4155, C-LOCAL-07).</summary>
internal static class FromLine
{
    /// <summary>Without its line end. Readers split at blanks, so a quoted local-part's blanks and controls become <c>-</c>; the null reverse-path is MAILER-DAEMON.</summary>
    public static string For(string sender, DateTimeOffset arrivedAt, TimeZoneInfo zone)
    {
        var word = new StringBuilder(sender.Length);
        foreach (var character in sender) word.Append(char.IsWhiteSpace(character) || char.IsControl(character) ? '-' : character);
        var local = TimeZoneInfo.ConvertTime(arrivedAt, zone);
        return string.Create(CultureInfo.InvariantCulture,
            $"From {(word.Length == 0 ? "MAILER-DAEMON" : word)} {local:ddd MMM} {local.Day,2} {local:HH:mm:ss yyyy}");
    }
}
