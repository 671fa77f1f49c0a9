using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Postoffice.Admin.Commands;

/// <summary>What <c>--help</c> shows, with a line or two to copy behind it.</summary>
internal sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
{
    private static readonly Dictionary<string, string[]> Examples = new(StringComparer.Ordinal)
    {
        [""] = ["history --to bob@example.test --since 2h", "trace 0A1B2C3D4E5F", "queue --json", "hold 0A1B2C3D4E5F"],
        ["history"] = ["history --to bob@example.test --since 2h", "history --from '*@example.org' --status failed", "history --since 2026-11-22 --until 2026-11-23 --json"],
        ["trace"] = ["trace 0A1B2C3D4E5F", "trace 0A1B2C3D4E5F --utc"],
        ["queue"] = ["queue", "queue --json"],
        ["destinations"] = ["destinations", "destinations --all", "destinations --json"],
        ["runq"] = ["runq", "runq -v -R example.test", "runq -S alice@example.org", "runq -S '<>'", "runq -I 0A1B2C3D4E5F"],
        ["hold"] = ["hold 0A1B2C3D4E5F --reason 'looks like spam'", "queue --json | grep -F '@example.test' | postoffice hold -"],
        ["release"] = ["release 0A1B2C3D4E5F"],
        ["cancel"] = ["cancel 0A1B2C3D4E5F --reason spam", "cancel 0A1B2C3D4E5F --recipient bob@example.test"],
        ["expire"] = ["expire 0A1B2C3D4E5F --reason 'the host is gone for good'", "expire 0A1B2C3D4E5F --recipient bob@example.test"],
        ["reroute"] = ["reroute 0A1B2C3D4E5F --to backup.example.test:2525", "reroute 0A1B2C3D4E5F --clear"],
        ["projection"] = ["projection list", "projection verify"],
        ["projection list"] = ["projection list"],
        ["projection rebuild"] = ["projection rebuild", "projection rebuild mail_history"],
        ["projection verify"] = ["projection verify", "projection verify due_delivery --json"],
        ["store"] = ["store stats", "store backup /var/backups/postoffice.db"],
        ["store check"] = ["store check"],
        ["store backup"] = ["store backup /var/backups/postoffice.db"],
        ["store stats"] = ["store stats --json"],
    };

    /// <summary>Puts it in the place of the help that <paramref name="root"/> has by itself.</summary>
    public static void Put(RootCommand root)
    {
        var option = root.Options.OfType<HelpOption>().Single();
        option.Action = new HelpWithExamples((HelpAction)option.Action!);
    }

    /// <summary>The verb as people write it; nothing for <c>postoffice</c> itself.</summary>
    public static string NameOf(Command command) => command is RootCommand
        ? ""
        : $"{NameOf(command.Parents.OfType<Command>().Single())} {command.Name}".TrimStart();

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        var exitCode = help.Invoke(parseResult);
        var output = parseResult.InvocationConfiguration.Output;
        output.WriteLine("Examples:");
        foreach (var example in Examples[NameOf(parseResult.CommandResult.Command)]) output.WriteLine($"  postoffice {example}");
        return exitCode;
    }
}
