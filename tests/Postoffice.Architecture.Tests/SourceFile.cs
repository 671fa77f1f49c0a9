using System.Text.RegularExpressions;
using Postoffice.Testing;

namespace Postoffice.Architecture.Tests;

/// <summary>A file of the checkout as text.</summary>
/// <param name="Path">Below the checkout, for example <c>src/Postoffice.Store/Native/Libc.cs</c>.</param>
internal sealed record SourceFile(string Path, string Text)
{
    public int Lines { get; } = Text.Count(c => c == '\n');

    /// <summary>The files below a folder whose names end in <paramref name="ending"/>, without what the build made.</summary>
    public static IReadOnlyList<SourceFile> Below(string folder, string ending) =>
    [
        .. from full in Directory.EnumerateFiles(Checkout.At(folder), "*" + ending, SearchOption.AllDirectories)
           let path = System.IO.Path.GetRelativePath(Checkout.Root, full)
           where !path.Contains("/bin/", StringComparison.Ordinal) && !path.Contains("/obj/", StringComparison.Ordinal)
           orderby path
           select Read(path)
    ];

    public static SourceFile Read(string path)
    {
        using var reader = new StreamReader(Checkout.At(path));
        return new SourceFile(path, reader.ReadToEnd());
    }

    /// <summary>Where the pattern matches, as <c>path:line: text</c>.</summary>
    public IEnumerable<string> Hits(Regex pattern) =>
        Text.Split('\n').Index().Where(line => pattern.IsMatch(line.Item)).Select(line => $"{Path}:{line.Index + 1}: {line.Item.Trim()}");
}
