using System.Globalization;

namespace Postoffice.Admin.Output;

/// <summary>Instants for people: local with their zone, or UTC when asked.</summary>
internal sealed class TimeText(TimeZoneInfo zone)
{
    /// <summary>To the second: <c>2026-11-22 23:30:01 +01:00</c>.</summary>
    public string Second(DateTimeOffset at) => Local(at).ToString("yyyy-MM-dd HH:mm:ss zzz", CultureInfo.InvariantCulture);

    /// <summary>To the millisecond, as the journal keeps it.</summary>
    public string Millisecond(DateTimeOffset at) => Local(at).ToString("yyyy-MM-dd HH:mm:ss.fff zzz", CultureInfo.InvariantCulture);

    /// <summary>As the classic queue listing has it: <c>23:30 22-Nov-2026</c> (C-CLI-46).</summary>
    public string Classic(DateTimeOffset at) => Local(at).ToString("HH:mm dd-MMM-yyyy", CultureInfo.InvariantCulture);

    /// <summary>
    /// Takes a local time (<c>2026-11-22</c>, <c>2026-11-22 23:30</c>), one with its offset, or a span back from now (<c>90m</c>, <c>2h</c>, <c>7d</c>).
    /// </summary>
    public bool TryParse(string text, DateTimeOffset now, out DateTimeOffset at)
    {
        at = default;
        if (Store.Configuration.Units.TryTime(text, out var back) && !char.IsAsciiDigit(text[^1]))
        {
            at = now - back;
            return true;
        }
        string[] forms = ["yyyy-MM-dd", "yyyy-MM-dd HH:mm", "yyyy-MM-dd HH:mm:ss", "yyyy-MM-ddTHH:mm", "yyyy-MM-ddTHH:mm:ss"];
        if (DateTime.TryParseExact(text, forms, CultureInfo.InvariantCulture, DateTimeStyles.None, out var local))
        {
            at = new DateTimeOffset(local, zone.GetUtcOffset(local));
            return true;
        }
        string[] withOffset = ["yyyy-MM-dd HH:mm:ss zzz", "yyyy-MM-ddTHH:mm:sszzz", "yyyy-MM-ddTHH:mm:ssZ", "O"];
        return DateTimeOffset.TryParseExact(text, withOffset, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out at);
    }

    private DateTimeOffset Local(DateTimeOffset at) => TimeZoneInfo.ConvertTime(at, zone);
}
