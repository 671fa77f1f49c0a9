using System.Security.Cryptography;
using System.Text;

namespace Postoffice.Store.Configuration;

/// <summary>One setting and where it stands.</summary>
/// <param name="Value">What follows the first <c>=</c>; null for a name alone (a flag that is on).</param>
/// <param name="Origin"><c>FILE:LINE</c>, or <c>-o</c> for the command line.</param>
public sealed record Setting(string Name, string? Value, string Origin);

/// <summary>
/// The settings in force, in order. Grammar of the classic <c>postoffice.cf</c> (C-CFG-06…13): one <c>name</c> or <c>name=value</c> a line,
/// <c>#</c> starts a comment, later ones replace earlier ones unless a setting says it may be repeated; <c>-o</c> comes after the file.
/// </summary>
public sealed class Settings(string? file, IReadOnlyList<Setting> entries, IReadOnlyList<string> problems)
{
    public static readonly Settings Empty = new(null, [], []);

    /// <summary>The file read; null when there was none.</summary>
    public string? File { get; } = file;

    public IReadOnlyList<Setting> Entries { get; } = entries;

    /// <summary>Lines that could not be understood, each a sentence with file and line.</summary>
    public IReadOnlyList<string> Problems { get; } = problems;

    /// <summary>The last setting of this name; null when it is not set.</summary>
    public Setting? Find(string name) => Entries.LastOrDefault(entry => entry.Name == name);

    /// <summary>The value; <paramref name="otherwise"/> when it is not set.</summary>
    public string Text(string name, string otherwise) => Find(name)?.Value is { Length: > 0 } value ? value : otherwise;

    /// <summary>Every value of a setting that may be repeated, in order.</summary>
    public IReadOnlyList<string> All(string name) =>
        [.. Entries.Where(entry => entry.Name == name && !string.IsNullOrEmpty(entry.Value)).Select(entry => entry.Value!)];

    /// <summary>A flag: the name alone is on, <c>=0</c> is off, another number is on (C-CFG-11).</summary>
    /// <exception cref="SettingException">The value is not a number.</exception>
    public bool Flag(string name, bool otherwise) => Number(name, otherwise ? 1 : 0) != 0;

    /// <exception cref="SettingException">Not a number, or outside the range.</exception>
    public long Number(string name, long otherwise, long least = 0, long most = long.MaxValue)
    {
        if (Find(name) is not { } setting) return otherwise;
        if (setting.Value is null) return InRange(setting, 1, least, most);
        return long.TryParse(setting.Value, out var number)
            ? InRange(setting, number, least, most)
            : throw new SettingException(setting, "a whole number is expected");
    }

    /// <summary>A span of time: seconds, or with one of the units s, m, h, d behind it.</summary>
    /// <exception cref="SettingException">Not a span of time, or outside the range.</exception>
    public TimeSpan Time(string name, TimeSpan otherwise, TimeSpan? least = null, TimeSpan? most = null)
    {
        if (Find(name) is not { } setting) return otherwise;
        if (!Units.TryTime(setting.Value, out var time)) throw new SettingException(setting, "a time such as 90, 5m, 2h or 7d is expected");
        if (time < (least ?? TimeSpan.Zero) || time > (most ?? TimeSpan.MaxValue))
        {
            throw new SettingException(setting, $"must be from {least ?? TimeSpan.Zero} to {most ?? TimeSpan.MaxValue}");
        }
        return time;
    }

    /// <summary>A number of octets with the unit k, m or g behind it.</summary>
    /// <param name="units">What the units stand for; the classic settings differ (C-CFG-36, C-CFG-45).</param>
    /// <exception cref="SettingException">Not a size.</exception>
    public long Octets(string name, long otherwise, OctetUnits units)
    {
        if (Find(name) is not { } setting) return otherwise;
        return Units.TryOctets(setting.Value, units, out var octets)
            ? octets
            : throw new SettingException(setting, "a size such as 20m is expected");
    }

    /// <summary>Digest of the settings in force: equal for equal settings in equal order, wherever they stand.</summary>
    public string Digest()
    {
        var text = string.Join('\n', Entries.Select(entry => entry.Value is null ? entry.Name : $"{entry.Name}={entry.Value}"));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }

    private static long InRange(Setting setting, long number, long least, long most) => number >= least && number <= most
        ? number
        : throw new SettingException(setting, most == long.MaxValue ? $"must be {least} or more" : $"must be from {least} to {most}");
}

/// <summary>A value that cannot be used; the message says which, where it stands and what is expected. Programs exit 78 (EX_CONFIG).</summary>
public sealed class SettingException(Setting setting, string expected)
    : Exception($"{setting.Origin}: {setting.Name}={setting.Value}: {expected}")
{
    public Setting Setting { get; } = setting;
}
