using Microsoft.Extensions.Logging.Abstractions;
using Postoffice.Admin.Output;
using Postoffice.Store;
using Postoffice.Store.Configuration;
using Postoffice.Store.Mail;

namespace Postoffice.Admin.Commands;

/// <summary><c>postoffice projection list|rebuild|verify</c>: a queue fsck.</summary>
internal sealed class ProjectionCommand(Settings settings, Screen screen)
{
    /// <summary>The rows are not what the facts tell.</summary>
    private const int Differs = 1;

    public int List(bool json)
    {
        if (OwnersOnly.Refusal(settings, screen) is { } refused) return refused;
        using var store = StoreDoor.Open(settings);
        foreach (var status in store.Projections.List())
        {
            if (json)
            {
                screen.Output.WriteJson(status, AdminJson.Lines.ProjectionStatus);
                continue;
            }
            var follows = status.Inline ? "with each append" : status.Lag == 0 ? "follows, up to date" : $"follows, {status.Lag} facts behind";
            screen.Output.WriteLine($"{status.Name,-14}  fact {status.Position}  {follows}{(status.Quarantined == 0 ? "" : $"  {status.Quarantined} facts quarantined")}");
        }
        return ExitCode.Ok;
    }

    public async Task<int> RebuildAsync(string? name, bool json, CancellationToken ct)
    {
        if (OwnersOnly.Refusal(settings, screen) is { } refused) return refused;
        using var store = StoreDoor.OpenForWriting(settings, screen.Clock, NullLogger.Instance);
        if (Chosen(store, name) is not { } chosen) return ExitCode.Usage;
        foreach (var projection in chosen)
        {
            await ProgressLine.RunAsync(screen, projection, progress => store.Projections.RebuildAsync(projection, progress, ct));
            if (json) screen.Output.WriteJson(store.Projections.List().Single(status => status.Name == projection), AdminJson.Lines.ProjectionStatus);
            else screen.Output.WriteLine($"{projection}: folded again");
        }
        return ExitCode.Ok;
    }

    public int Verify(string? name, bool json, CancellationToken ct)
    {
        if (OwnersOnly.Refusal(settings, screen) is { } refused) return refused;
        using var store = StoreDoor.Open(settings);
        if (Chosen(store, name) is not { } chosen) return ExitCode.Usage;
        var exitCode = ExitCode.Ok;
        foreach (var projection in chosen)
        {
            var result = ProgressLine.Run(screen, projection, progress => store.Projections.Verify(projection, progress, ct));
            if (!result.IsClean) exitCode = Differs;
            if (json)
            {
                screen.Output.WriteJson(result, AdminJson.Lines.ProjectionVerification);
                continue;
            }
            screen.Output.WriteLine(result switch
            {
                { NotVerified: { } why } => $"{projection}: not verified: {why}",
                { IsClean: true } => $"{projection}: {result.Rows} rows are what the {result.Position} facts tell",
                _ => $"{projection}: {result.DifferenceCount} differences in {result.Rows} rows; postoffice projection rebuild {projection} mends them",
            });
            foreach (var difference in result.Differences)
            {
                screen.Output.WriteLine($"    {difference.Table} {Shown(difference.Key)} {difference.Column}: is {Shown(difference.Live)}, should be {Shown(difference.Expected)}");
            }
        }
        return exitCode;
    }

    private IReadOnlyList<string>? Chosen(MailStore store, string? name)
    {
        if (name is null) return store.Projections.Names;
        if (store.Projections.Names.Contains(name)) return [name];
        screen.Complain("postoffice", $"No projection is called {PrintableText.Escape(name, 40)}; there are {string.Join(", ", store.Projections.Names)}.");
        return null;
    }

    private static string Shown(string? value) => value is null ? "nothing" : PrintableText.Escape(value);
}
