using System.Text.RegularExpressions;
using Xunit;

namespace Postoffice.Architecture.Tests;

/// <summary>docs/classic.md forgets no requirement of the classic program, and names only tests that exist.</summary>
public sealed partial class ClassicTests
{
    private const string Transcripts = "tests/Postoffice.Smtp.Tests/Transcripts/";
    private static readonly string[] NamesNoTest = ["every transcript", "no test"];

    private static readonly IReadOnlyList<Row> Rows =
    [
        .. from line in SourceFile.Read("docs/classic.md").Text.Split('\n')
           where line.StartsWith("| C-", StringComparison.Ordinal)
           select Row.Read(line)
    ];

    private static readonly IReadOnlyList<SourceFile> Sources = SourceFile.Below("tests", ".cs");

    /// <param name="group">Of the ids: SMTP for C-SMTP-01.</param>
    /// <param name="numbers">Those that were given out, as ranges.</param>
    [Theory]
    [InlineData("SMTP", "1-18 22-61 70-75 77-78")]
    [InlineData("CLI", "1-54")]
    [InlineData("LOCAL", "1-20")]
    [InlineData("QUEUE", "1-44")]
    [InlineData("BNC", "1-13")]
    public void Every_requirement_has_one_row(string group, string numbers)
    {
        var given =
            from range in numbers.Split(' ')
            let ends = range.Split('-').Select(int.Parse).ToArray()
            from number in Enumerable.Range(ends[0], ends[1] - ends[0] + 1)
            select number;
        var listed = Rows.Where(row => row.Group == group).SelectMany(row => row.Numbers);

        Assert.Equal(given, listed.Order());
    }

    [Fact]
    public void A_row_says_what_became_of_the_requirement() =>
        Offenders.None(Rows.Where(row => row.Became is not ("kept" or "changed" or "dropped" or "later")));

    [Fact]
    public void What_is_kept_or_changed_names_a_test_or_says_that_there_is_none() =>
        Offenders.None(Rows.Where(row => row is { Became: "kept" or "changed", ShownBy.Length: 0 }));

    [Fact]
    public void Every_test_that_is_named_exists() =>
        Offenders.None(from row in Rows from name in row.ShownBy where !Exists(name) select $"{row.Group} {row.Numbers[0]}: {name}");

    [Theory]
    [InlineData("ClassicTests.Every_test_that_is_named_exists", true)]
    [InlineData("a-message.smtp", true)]
    [InlineData("ClassicTests.Every_test_that_is_named", false)]
    [InlineData("SourceTests.Every_test_that_is_named_exists", false)]
    [InlineData("ClassicTests", false)]
    [InlineData("no-message.smtp", false)]
    [InlineData("some transcript", false)]
    public void A_name_is_believed_only_if_there_is_such_a_test(string name, bool exists) => Assert.Equal(exists, Exists(name));

    private static bool Exists(string name)
    {
        if (NamesNoTest.Contains(name)) return true;
        if (name.EndsWith(".smtp", StringComparison.Ordinal)) return SourceFile.Below(Transcripts, ".smtp").Any(file => file.Path == Transcripts + name);
        return name.Split('.') is [var type, var method]
            && Sources.Any(file => Types().Matches(file.Text).Any(match => match.Groups["name"].Value == type)
                && Tests().Matches(file.Text).Any(match => match.Groups["name"].Value == method));
    }

    [GeneratedRegex(@"\bclass (?<name>\w+)", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Types();

    [GeneratedRegex(@"^    public (async )?(void|Task|ValueTask) (?<name>\w+)\(", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.Multiline)]
    private static partial Regex Tests();

    /// <summary>One line of a table: <c>| C-QUEUE-11, 12 | changed | what and why | shown by |</c>.</summary>
    private sealed record Row(string Group, IReadOnlyList<int> Numbers, string Became, string[] ShownBy)
    {
        public static Row Read(string line)
        {
            var cells = line.Split('|', StringSplitOptions.TrimEntries)[1..^1];
            var id = cells[0].Split('-', 3);
            var numbers = id[2].Split(", ").Where(number => char.IsAsciiDigit(number[0])).Select(int.Parse); // D-01 is a decision on C-CLI-26
            return new Row(id[1], [.. numbers], cells[1], cells[3].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        }

        public override string ToString() => $"C-{Group}-{string.Join(", ", Numbers)}: {Became}, {string.Join(", ", ShownBy)}";
    }
}
