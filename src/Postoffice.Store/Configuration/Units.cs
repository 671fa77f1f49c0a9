namespace Postoffice.Store.Configuration;

/// <summary>What k, m and g behind a number of octets stand for.</summary>
public enum OctetUnits
{
    /// <summary><c>size=</c>: octets; k = 1000, m = 1,000,000 (C-CFG-45).</summary>
    Decimal,

    /// <summary><c>minfree=</c>: a bare number is kilobytes of 1024; m = 1000 and g = 1,000,000 of these (C-CFG-36).</summary>
    Kilobytes,
}

/// <summary>Numbers with a unit letter behind them, in any case. What follows the letter is refused, unlike the classic program (C-CFG-12).</summary>
public static class Units
{
    public static bool TryTime(string? text, out TimeSpan time)
    {
        time = default;
        if (!TrySplit(text, out var number, out var unit)) return false;
        var seconds = unit switch { '\0' or 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86_400, _ => 0 };
        if (seconds == 0 || number > (long)TimeSpan.FromDays(36_500).TotalSeconds / seconds) return false;
        time = TimeSpan.FromSeconds(number * seconds);
        return true;
    }

    public static bool TryOctets(string? text, OctetUnits units, out long octets)
    {
        octets = 0;
        if (!TrySplit(text, out var number, out var unit)) return false;
        long factor = (units, unit) switch
        {
            (OctetUnits.Decimal, '\0') => 1,
            (OctetUnits.Decimal, 'k') => 1000,
            (OctetUnits.Decimal, 'm') => 1_000_000,
            (OctetUnits.Decimal, 'g') => 1_000_000_000,
            (OctetUnits.Kilobytes, '\0' or 'k') => 1024,
            (OctetUnits.Kilobytes, 'm') => 1024 * 1000,
            (OctetUnits.Kilobytes, 'g') => 1024 * 1_000_000,
            _ => 0,
        };
        if (factor == 0 || number > long.MaxValue / factor) return false;
        octets = number * factor;
        return true;
    }

    private static bool TrySplit(string? text, out long number, out char unit)
    {
        number = 0;
        unit = '\0';
        if (string.IsNullOrEmpty(text)) return false;
        var digits = text.AsSpan();
        if (!char.IsAsciiDigit(digits[^1]))
        {
            unit = char.ToLowerInvariant(digits[^1]);
            digits = digits[..^1];
        }
        return !digits.IsEmpty && !digits.ContainsAnyExceptInRange('0', '9') && long.TryParse(digits, out number);
    }
}
