using System.Text.RegularExpressions;
using Xunit;

namespace Postoffice.Architecture.Tests;

/// <summary>What the text of the sources must and must not hold.</summary>
public sealed partial class SourceTests
{
    private const int MostLines = 400;
    private static readonly IReadOnlyList<SourceFile> Sources = SourceFile.Below("src", ".cs");

    [Fact]
    public void A_source_file_holds_one_idea_and_ends_before_line_400() =>
        Offenders.None(Sources.Where(file => file.Lines >= MostLines).Select(file => $"{file.Path}: {file.Lines} lines"));

    [Fact]
    public void Native_calls_are_declared_in_one_folder_with_a_file_for_each_c_library() =>
        Assert.All(
            Sources.Where(file => NativeImport().IsMatch(file.Text)),
            file => Assert.StartsWith("src/Postoffice.Store/Native/Lib", file.Path, StringComparison.Ordinal));

    [Fact]
    public void Sql_is_written_in_the_store_only() =>
        Offenders.None(Outside("src/Postoffice.Store/").SelectMany(file => file.Hits(Sql())));

    [Fact]
    public void The_database_library_is_used_in_the_store_only() =>
        Offenders.None(Outside("src/Postoffice.Store/").SelectMany(file => file.Hits(SqliteLibrary())));

    [Fact]
    public void A_silenced_warning_says_why() =>
        Offenders.None(Sources.SelectMany(file => file.Hits(UnexplainedPragma())));

    [Fact]
    public void Nothing_is_left_for_later_in_the_text() =>
        Offenders.None(Sources.SelectMany(file => file.Hits(Unfinished())));

    private static IEnumerable<SourceFile> Outside(string folder) =>
        Sources.Where(file => !file.Path.StartsWith(folder, StringComparison.Ordinal));

    [GeneratedRegex(@"\b(LibraryImport|DllImport)(Attribute)?\s*\(", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex NativeImport();

    [GeneratedRegex(@"\b(SELECT |INSERT INTO |INSERT OR |UPDATE \w+ SET |DELETE FROM |PRAGMA )", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Sql();

    [GeneratedRegex(@"\b(Microsoft\.Data\.Sqlite|SQLitePCL)\b", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex SqliteLibrary();

    [GeneratedRegex(@"^\s*#pragma warning disable [^/]*$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex UnexplainedPragma();

    [GeneratedRegex(@"\b(TODO|FIXME|XXX|HACK)\b|NotImplementedException", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Unfinished();
}
