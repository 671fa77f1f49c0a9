using Postoffice.Admin.Output;
using Postoffice.Store.Configuration;
using Postoffice.Store.Mail;
using Postoffice.Store.Maintenance;

namespace Postoffice.Admin.Commands;

/// <summary><c>postoffice store check|backup|stats</c>.</summary>
internal sealed class StoreCommand(Settings settings, Screen screen)
{
    /// <summary>Something is wrong with the store.</summary>
    private const int Damaged = 1;

    public int Check(bool json, CancellationToken ct)
    {
        if (OwnersOnly.Refusal(settings, screen) is { } refused) return refused;
        using var store = StoreDoor.Open(settings);
        var report = ProgressLine.Run(screen, "check", progress => store.Check(progress, ct));
        if (json)
        {
            screen.Output.WriteJson(report, AdminJson.Lines.CheckReport);
            return report.IsClean ? ExitCode.Ok : Damaged;
        }
        foreach (var finding in report.Findings) screen.Output.WriteLine($"{PrintableText.Escape(finding.What)} {PrintableText.Escape(finding.ToDo)}");
        screen.Output.WriteLine($"{report.Facts} facts in {report.Streams} streams, {report.OpenMessages} open messages: {(report.IsClean ? "all is well" : $"{report.Findings.Count} findings")}");
        return report.IsClean ? ExitCode.Ok : Damaged;
    }

    public int Backup(string file, bool json, CancellationToken ct)
    {
        if (OwnersOnly.Refusal(settings, screen) is { } refused) return refused;
        using var store = StoreDoor.Open(settings);
        try
        {
            ProgressLine.Run(screen, "backup", progress =>
            {
                store.Backup(file, progress, ct);
                return true;
            });
            if (json) screen.Output.WriteJson(new BackupWritten(Path.GetFullPath(file)), AdminJson.Lines.BackupWritten);
            else screen.Output.WriteLine($"{PrintableText.Escape(file)}: complete");
            return ExitCode.Ok;
        }
        catch (BackupFailedException failed)
        {
            screen.Complain("postoffice", failed.Message);
            return ExitCode.InputOutput;
        }
    }

    public int Stats(TimeText time, bool json)
    {
        if (OwnersOnly.Refusal(settings, screen) is { } refused) return refused;
        using var store = StoreDoor.Open(settings);
        var stats = store.Stats();
        if (json)
        {
            screen.Output.WriteJson(stats, AdminJson.Lines.StoreStats);
            return ExitCode.Ok;
        }
        (string Name, string Value)[] rows =
        [
            ("file", $"{SizeText.Of(stats.FileOctets)}, of it free for new mail {SizeText.Of(stats.FreeOctets)}"),
            ("write-ahead log", SizeText.Of(stats.WalOctets)),
            ("content", SizeText.Of(stats.ContentOctets)),
            ("facts", $"{stats.Facts} in {stats.Streams} streams"),
            ("messages", $"{stats.Open} open, {stats.Finished} finished"),
            ("oldest waiting", stats.OldestWaiting is { } at ? time.Second(at) : "none"),
            ("delivering", stats.LeaseHolder is { } holder ? PrintableText.Escape(holder) : "nobody"),
        ];
        foreach (var (name, value) in rows) screen.Output.WriteLine($"{name,-16}{value.Trim()}");
        foreach (var projection in stats.Projections) screen.Output.WriteLine($"{projection.Name,-16}{projection.Lag} facts behind");
        return ExitCode.Ok;
    }
}
