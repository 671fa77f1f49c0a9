using System.Text.RegularExpressions;
using Xunit;

namespace Postoffice.Architecture.Tests;

/// <summary>docs/postoffice.cf.5.md lists what the programs read: no more, no less, each once.</summary>
public sealed partial class SettingsPageTests
{
    [Fact]
    public void Every_setting_that_is_read_has_a_row_and_every_row_is_read()
    {
        var read = SourceFile.Below("src", ".cs").SelectMany(file => Read().Matches(file.Text).SelectMany(Names));
        var listed = Row().Matches(SourceFile.Read("docs/postoffice.cf.5.md").Text).SelectMany(Names);

        Assert.Equal(read.Distinct().Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    private static IEnumerable<string> Names(Match match) => match.Groups["name"].Captures.Select(capture => capture.Value);

    // settings.Text("store", …), Load(…).Text("mailbox", …), Time("smtp-dot-timeout", …); entry.Name == "listen", { Name: "route" }, Name is "hostname" or "self"
    [GeneratedRegex(
        """(settings\.|\)\.| )(Text|All|Flag|Number|Time|Octets|Find)\("(?<name>[a-z-]+)"|\bName(: | == | is )"(?<name>[a-z-]+)"( or "(?<name>[a-z-]+)")*""",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Read();

    [GeneratedRegex("^\\| `(?<name>[a-z-]+)=", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.Multiline)]
    private static partial Regex Row();
}
