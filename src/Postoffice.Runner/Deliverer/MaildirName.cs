using System.Globalization;
using System.Text;
using Postoffice.Store.Mail;

namespace Postoffice.Runner.Deliverer;

/// <summary>
/// Names of our files in a Maildir: <c>SECONDS.QUEUEID-RECIPIENT-ATTEMPT.HOST</c>. Time first, because readers sort by it; then what
/// makes it ours alone; then the host, because Maildirs are shared between machines.
/// </summary>
internal static class MaildirName
{
    private const int MaxLength = 200; // NAME_MAX is 255, and readers append ":2,FLAGS"

    public static string For(DeliveryRequest request, string host) => string.Create(CultureInfo.InvariantCulture,
        $"{Math.Max(0, request.DeliveredAt.ToUnixTimeSeconds())}.{request.Id}-{request.Recipient}-{request.Attempt}.{SafeHost(host)}");

    /// <summary>Whether the name has our shape. It is then safe as one component of a path.</summary>
    public static bool IsOurs(string name)
    {
        if (name.Length > MaxLength || name.Split('.', 3) is not [var seconds, var delivery, var host]) return false;
        if (seconds.Length is 0 or > 12 || seconds.AsSpan().ContainsAnyExceptInRange('0', '9')) return false;
        if (delivery.Split('-') is not [var id, var recipient, var attempt] || !QueueId.TryParse(id, out _)) return false;
        return IsNumber(recipient) && IsNumber(attempt) && host.Length > 0 && host == SafeHost(host);
    }

    /// <summary>Whether a name of our shape was made on <paramref name="host"/>.</summary>
    public static bool IsOf(string name, string host) => IsOurs(name) && name.Split('.', 3)[2] == SafeHost(host);

    /// <summary>What a host name may not have in a file's name becomes <c>_</c>: a slash and a colon would mean something.</summary>
    private static string SafeHost(string host)
    {
        var safe = new StringBuilder();
        foreach (var character in host.AsSpan(0, Math.Min(host.Length, 128)))
        {
            safe.Append(char.IsAsciiLetterOrDigit(character) || character is '.' or '-' or '_' ? character : '_');
        }
        return safe.Length == 0 ? "localhost" : safe.ToString();
    }

    private static bool IsNumber(string word) => int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out _);
}
