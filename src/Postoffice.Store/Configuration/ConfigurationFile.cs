using Postoffice.Store.Native;

namespace Postoffice.Store.Configuration;

/// <summary>The configuration file cannot be read (C-CFG-02): every program exits 66 (EX_NOINPUT) with this sentence.</summary>
public sealed class ConfigurationUnreadableException(IOException trouble) : IOException($"The configuration cannot be read: {trouble.Message}", trouble);

/// <summary>Reads <c>postoffice.cf</c> and the <c>-o</c> options of a command line.</summary>
public static class ConfigurationFile
{
    public const string DefaultPath = "/etc/postoffice.cf";
    private const int MaxOctets = 1 << 20;

    /// <param name="path">As given by <c>-C</c>; null for the default file, which need not be there.</param>
    /// <param name="options">The values of <c>-o</c>, applied after the file (C-CLI-09).</param>
    /// <exception cref="ConfigurationUnreadableException">A file given by <c>-C</c>, or a default file that is there, cannot be read.</exception>
    public static Settings Load(string? path, IEnumerable<string> options)
    {
        var entries = new List<Setting>();
        var problems = new List<string>();
        var file = path ?? (SafeFile.TryStat(DefaultPath, out _) ? DefaultPath : null);
        if (file is not null) Read(file, TextOf(file), entries, problems);
        foreach (var option in options) Add(option, "-o", entries, problems);
        return new Settings(file, entries, problems);
    }

    private static string TextOf(string file)
    {
        try
        {
            return SafeFile.ReadText(file, MaxOctets);
        }
        catch (IOException trouble)
        {
            throw new ConfigurationUnreadableException(trouble);
        }
    }

    private static void Read(string file, string text, List<Setting> entries, List<string> problems)
    {
        var number = 0;
        foreach (var range in text.AsSpan().Split('\n'))
        {
            number++;
            var line = text.AsSpan()[range];
            var comment = line.IndexOf('#');
            if (comment >= 0) line = line[..comment];
            Add(line.Trim().ToString(), $"{file}:{number}", entries, problems);
        }
    }

    private static void Add(string line, string origin, List<Setting> entries, List<string> problems)
    {
        if (line.Length == 0) return;
        var equals = line.IndexOf('=');
        var name = equals < 0 ? line : line[..equals].TrimEnd();
        if (name.Length is 0 or > 64 || name.AsSpan().ContainsAnyExcept(NameCharacters))
        {
            problems.Add($"{origin}: this is not NAME or NAME=VALUE; the line is ignored");
            return;
        }
        var value = equals < 0 ? null : line[(equals + 1)..].Trim();
        if (value is not null && value.Any(char.IsControl))
        {
            problems.Add($"{origin}: {name} holds a control character; the line is ignored");
            return;
        }
        entries.Add(new Setting(name, value, origin));
    }

    private static readonly System.Buffers.SearchValues<char> NameCharacters =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");
}
