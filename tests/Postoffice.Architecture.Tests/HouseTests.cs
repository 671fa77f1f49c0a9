using System.Xml.Linq;
using Postoffice.Testing;
using Xunit;

namespace Postoffice.Architecture.Tests;

/// <summary>The build's own rules are in force for every project, and nothing is left out of the solution.</summary>
public sealed class HouseTests
{
    private static readonly SourceFile Props = SourceFile.Read("Directory.Build.props");

    public static TheoryData<string> Projects() =>
        [.. SourceFile.Below("src", ".csproj").Concat(SourceFile.Below("tests", ".csproj")).Select(file => file.Path)];

    [Fact]
    public void Every_build_bars_the_banned_symbols()
    {
        var props = XDocument.Parse(Props.Text);

        Assert.Contains(props.Descendants("AdditionalFiles"), file => Names(file, "$(MSBuildThisFileDirectory)BannedSymbols.txt"));
        Assert.Contains(props.Descendants("PackageReference"), package => Names(package, "Microsoft.CodeAnalysis.BannedApiAnalyzers"));
        Assert.DoesNotContain("RS0030", SourceFile.Read(".editorconfig").Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("P:System.DateTime.UtcNow")]
    [InlineData("P:System.DateTimeOffset.UtcNow")]
    [InlineData("P:System.Text.Encoding.ASCII")]
    [InlineData("M:System.IO.StreamReader.ReadLine")]
    [InlineData("M:System.IO.Path.Combine(System.String,System.String)")]
    [InlineData("M:System.Net.IPAddress.Parse(System.String)")]
    [InlineData("M:System.String.ReplaceLineEndings")]
    [InlineData("T:System.IO.File")]
    [InlineData("T:System.Globalization.IdnMapping")]
    public void The_measured_traps_stay_barred(string symbol) =>
        Assert.Contains($"\n{symbol};", "\n" + SourceFile.Read("BannedSymbols.txt").Text, StringComparison.Ordinal);

    [Theory]
    [InlineData("TreatWarningsAsErrors", "true")]
    [InlineData("Nullable", "enable")]
    [InlineData("EnforceCodeStyleInBuild", "true")]
    [InlineData("InvariantGlobalization", "true")]
    public void Every_project_is_built_strictly(string property, string value) =>
        Assert.Equal(value, XDocument.Parse(Props.Text).Descendants(property).Single().Value);

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_is_in_the_solution_and_loosens_nothing(string path)
    {
        var project = XDocument.Parse(SourceFile.Read(path).Text);
        string[] loosening = ["TreatWarningsAsErrors", "Nullable", "EnforceCodeStyleInBuild", "AnalysisLevel"];

        Assert.Contains(path.Replace('/', '\\'), SourceFile.Read("Postoffice.sln").Text, StringComparison.Ordinal);
        Offenders.None(project.Descendants().Where(element => loosening.Contains(element.Name.LocalName)).Select(element => element.Name));
        Offenders.None(project.Descendants("PackageReference").Attributes("Version").Select(version => version.Parent));
    }

    [Fact]
    public void Every_project_of_the_product_says_why_it_is_as_it_is() =>
        Assert.Equal(
            SourceFile.Below("src", ".csproj").Select(project => Path.GetDirectoryName(project.Path) + "/DESIGN.md"),
            SourceFile.Below("src", "DESIGN.md").Where(page => page.Text.Length > 0).Select(page => page.Path));

    [Theory]
    [InlineData("bench")]
    [InlineData("build")]
    [InlineData("format")]
    [InlineData("prepare")]
    [InlineData("run")]
    [InlineData("test")]
    public void A_script_can_be_started(string name) =>
        Assert.True(new FileInfo(Checkout.At($"scripts/{name}")).UnixFileMode.HasFlag(UnixFileMode.UserExecute));

    private static bool Names(XElement element, string include) => (string?)element.Attribute("Include") == include;
}
