using System.Text;
using Postoffice.Store.Native;
using Postoffice.Testing;

namespace Postoffice.Benchmarks;

/// <summary>
/// The measured part of <c>docs/benchmarks.md</c>: a section for each benchmark, behind what people wrote about the method. A run replaces the
/// sections it measured and leaves the others, so each says itself when and where it was measured.
/// </summary>
internal static class ReportFile
{
    private const string Mark = "<!-- What follows is written by scripts/bench --write. -->";
    private const string Section = "\n## ";
    private const int MaxOctets = 1 << 20;

    public static string Path => Checkout.At("docs/benchmarks.md");

    /// <param name="measured">Name of each benchmark, and its section without the heading.</param>
    /// <exception cref="BenchmarkException">The file has no place for them.</exception>
    public static void Write(IReadOnlyList<(string Name, string Text)> measured)
    {
        var text = Merge(SafeFile.ReadText(Path, MaxOctets), measured);
        using var file = new StreamWriter(Path, append: false, new UTF8Encoding(false));
        file.Write(text);
    }

    private static string Merge(string text, IReadOnlyList<(string Name, string Text)> measured)
    {
        var at = text.IndexOf(Mark, StringComparison.Ordinal);
        if (at < 0) throw new BenchmarkException($"{Path} has no line '{Mark}', behind which figures are put");
        var sections = text[(at + Mark.Length)..].Split(Section)[1..]
            .Select(section => section.Split('\n', 2))
            .Select(parts => (Name: parts[0], Text: parts[1].Trim('\n')))
            .ToList();
        foreach (var (name, fresh) in measured)
        {
            var old = sections.FindIndex(section => section.Name == name);
            if (old >= 0) sections[old] = (name, fresh);
            else sections.Add((name, fresh));
        }

        return text[..at] + Mark + '\n' + string.Concat(sections.Select(section => $"{Section}{section.Name}\n\n{section.Text.Trim('\n')}\n"));
    }
}
