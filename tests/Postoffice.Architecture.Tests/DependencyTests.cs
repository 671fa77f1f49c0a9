using System.Xml.Linq;
using Xunit;

namespace Postoffice.Architecture.Tests;

/// <summary>Dependencies point at the store, never sideways; inside the store Mail ← Events ← Queue, and these do no I/O.</summary>
public sealed class DependencyTests
{
    private static readonly IReadOnlyList<Use> Store = CompiledAssembly.UsesIn("Postoffice.Store.dll");

    // What touches the world outside the process, or waits for it.
    private static readonly string[] Io =
    [
        "System.IO.File", "System.IO.FileInfo", "System.IO.FileStream", "System.IO.FileSystemInfo", "System.IO.Directory",
        "System.IO.DirectoryInfo", "System.IO.RandomAccess", "System.IO.StreamReader", "System.IO.StreamWriter",
        "System.IO.Pipes", "System.Net.Sockets", "System.Net.Dns", "System.Net.Security", "System.Console",
        "System.Diagnostics.Process", "System.Environment", "System.Threading.Thread", "System.Threading.Tasks.Task.Delay",
        "Microsoft.Data.Sqlite", "SQLitePCL", "Microsoft.Extensions.Logging",
        "Postoffice.Store.Native", "Postoffice.Store.Sqlite", "Postoffice.Store.Log", "Postoffice.Store.Leases",
        "Postoffice.Store.Content", "Postoffice.Store.Projections",
    ];

    // A domain's A-label is a pure function that happens to live in a C library.
    private const string DomainNames = "Postoffice.Store.Native.Libidn2";

    // Written by the JSON source generator.
    private const string Generated = "Postoffice.Store.Events.EventJsonContext";

    [Theory]
    [InlineData("Postoffice.Store")]
    [InlineData("Postoffice.Smtp", "Postoffice.Store")]
    [InlineData("Postoffice.Runner", "Postoffice.Store")]
    [InlineData("Postoffice.Admin", "Postoffice.Store")]
    public void A_project_refers_to_the_store_and_never_sideways(string project, params string[] allowed)
    {
        var file = SourceFile.Read($"src/{project}/{project}.csproj");
        var referred = XDocument.Parse(file.Text).Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension((string?)reference.Attribute("Include")));

        Assert.Equal(allowed, referred);
    }

    [Theory]
    [InlineData("Postoffice.Store.Mail")]
    [InlineData("Postoffice.Store.Events")]
    [InlineData("Postoffice.Store.Queue")]
    [InlineData("Postoffice.Store.Wire")]
    public void Words_facts_decisions_and_framing_do_no_io(string space) =>
        Offenders.None(Store.Where(use => use.IsFrom(space) && Io.Any(use.IsOf) && !use.IsOf(DomainNames) && use.From != Generated));

    [Theory]
    [InlineData("Postoffice.Store.Mail", "Postoffice.Store.Events")]
    [InlineData("Postoffice.Store.Mail", "Postoffice.Store.Queue")]
    [InlineData("Postoffice.Store.Events", "Postoffice.Store.Queue")]
    [InlineData("Postoffice.Store.Wire", "Postoffice.Store.Events")]
    [InlineData("Postoffice.Store.Wire", "Postoffice.Store.Queue")]
    public void Mail_knows_no_facts_and_facts_know_no_queue(string lower, string upper) =>
        Offenders.None(Store.Where(use => use.IsFrom(lower) && use.IsOf(upper)));

    [Theory]
    [InlineData("Postoffice.Store.Events")]
    [InlineData("Postoffice.Store.Queue")]
    public void Facts_and_decisions_have_no_clock_of_their_own(string space) =>
        Offenders.None(Store.Where(use => use.IsFrom(space) && use.IsOf("System.TimeProvider")));

    [Fact]
    public void These_tests_see_io_where_it_is_done()
    {
        Assert.Contains(Store, use => use.IsFrom("Postoffice.Store.Sqlite") && use.IsOf("SQLitePCL"));
        Assert.Contains(Store, use => use.IsFrom("Postoffice.Store.Native") && use.IsOf("System.IO.FileStream"));
    }
}
