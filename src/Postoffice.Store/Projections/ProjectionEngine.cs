using Postoffice.Store.Log;
using Postoffice.Store.Sqlite;

namespace Postoffice.Store.Projections;

/// <summary>Keeps projections up with the journal, makes their rows again, and proves them right on a live store.</summary>
public sealed class ProjectionEngine
{
    private const int RebuildStep = 500;
    private const int MostDifferences = 100;

    private readonly Database database;
    private readonly IReadOnlyList<IProjection> all;

    internal ProjectionEngine(Database database, IReadOnlyList<IProjection>? all = null)
    {
        this.database = database;
        this.all = all ?? ProjectionCatalogue.All;
    }

    /// <summary>Names of all projections.</summary>
    public IReadOnlyList<string> Names => [.. all.Select(projection => projection.Name)];

    /// <summary>Where each projection stands.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be read now.</exception>
    public IReadOnlyList<ProjectionStatus> List() => database.Read(tx =>
    {
        var last = EventRows.LastPosition(tx);
        return all.Select(projection =>
        {
            var checkpoint = Checkpoint.Load(projection.Name, tx) ?? new Checkpoint(projection.Version, 0);
            return new ProjectionStatus(
                projection.Name, checkpoint.Version, projection.Inline, checkpoint.Position, last - checkpoint.Position,
                Quarantine.Count(projection.Name, tx));
        }).ToList();
    });

    /// <summary>Facts that projections go on without, each with the reason.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be read now.</exception>
    public IReadOnlyList<QuarantinedFact> Quarantined(int limit) => database.Read(tx => Quarantine.First(limit, tx));

    /// <summary>
    /// Folds the next facts into each projection that follows the journal, in one transaction for each. A fact that cannot be folded is
    /// quarantined. Rows that another version of a fold has left are removed, and folded again from the first fact.
    /// </summary>
    /// <param name="maxFacts">Facts in one transaction, from 1; a few hundred keep the writers' turn for some milliseconds.</param>
    /// <returns>Whether there is more to do.</returns>
    /// <exception cref="StoreUnavailableException">Our own trouble; nothing of this step was written.</exception>
    public async ValueTask<bool> CatchUpAsync(int maxFacts, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxFacts, 1);
        var more = false;
        foreach (var projection in all.Where(projection => !projection.Inline))
        {
            if (!database.Read(tx => FollowingFold.IsBehind(projection, tx))) continue;
            more |= await database.Writer.RunAsync(tx => FollowingFold.Step(projection, maxFacts, tx), ct);
        }
        return more;
    }

    /// <summary>
    /// Makes the rows of a projection again from the first fact, on a live store. A following one is emptied and folded in steps, and when
    /// this process dies the runner goes on with it; an inline one is folded beside the live rows, which are then mended in one short transaction.
    /// </summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <exception cref="ArgumentException">There is no such projection.</exception>
    /// <exception cref="StoreUnavailableException">Our own trouble; ask again.</exception>
    public async Task RebuildAsync(string name, IProgress<StoreProgress>? progress, CancellationToken ct)
    {
        var projection = Find(name);
        if (projection.Inline) await MendInlineAsync(projection, progress, ct);
        else await FollowAgainAsync(projection, progress, ct);
    }

    /// <summary>
    /// Folds a projection again beside its live tables and compares, while mail goes on: the facts are read in short snapshots, and one
    /// last snapshot gives checkpoint, tail and live rows.
    /// </summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <exception cref="ArgumentException">There is no such projection.</exception>
    /// <exception cref="StoreUnavailableException">The store cannot be read now.</exception>
    public ProjectionVerification Verify(string name, IProgress<StoreProgress>? progress, CancellationToken ct)
    {
        var projection = Find(name);
        using var beside = BesideFold.Create(projection, database);
        beside.FoldMost(database, tx => Checkpoint.Load(name, tx)?.Position ?? 0, progress, ct);
        return database.Read(tx => Compare(projection, beside, tx));
    }

    /// <summary>Folds inline projections again whose rows were left by another version of their fold. Before anything is appended.</summary>
    internal async Task PrepareInlineAsync(CancellationToken ct)
    {
        foreach (var projection in all.Where(projection => projection.Inline))
        {
            if (database.Read(tx => IsOfAnotherFold(projection, tx))) await MendInlineAsync(projection, progress: null, ct);
        }
    }

    private static bool IsOfAnotherFold(IProjection projection, StoreTransaction tx) => Checkpoint.Load(projection.Name, tx) is { } checkpoint
        ? checkpoint.Version != projection.Version
        : EventRows.LastPosition(tx) > 0;

    private async Task MendInlineAsync(IProjection projection, IProgress<StoreProgress>? progress, CancellationToken ct)
    {
        using var beside = BesideFold.Create(projection, database);
        beside.FoldMost(database, EventRows.LastPosition, progress, ct);
        await database.Writer.RunAsync(tx =>
        {
            var last = EventRows.LastPosition(tx);
            beside.FoldTail(tx, last);
            foreach (var table in projection.Tables)
            {
                var differences = new List<RowDifference>();
                RowComparison.Run(table, tx, beside.Rows, differences.Add);
                foreach (var difference in differences) difference.Mend(tx);
            }
            Checkpoint.Save(projection, last, tx);
            return true;
        }, ct);
    }

    private async Task FollowAgainAsync(IProjection projection, IProgress<StoreProgress>? progress, CancellationToken ct)
    {
        await database.Writer.RunAsync(tx =>
        {
            Checkpoint.Forget(projection, tx);
            return true;
        }, ct);
        while (await database.Writer.RunAsync(tx => FollowingFold.Step(projection, RebuildStep, tx), ct))
        {
            progress?.Report(database.Read(tx =>
                new StoreProgress(projection.Name, Checkpoint.Load(projection.Name, tx)?.Position ?? 0, EventRows.LastPosition(tx))));
        }
    }

    private static ProjectionVerification Compare(IProjection projection, BesideFold beside, StoreTransaction tx)
    {
        var differences = new List<ProjectionDifference>();
        long count = 0, rows = 0;
        var checkpoint = Checkpoint.Load(projection.Name, tx) ?? new Checkpoint(projection.Version, 0);
        if (checkpoint.Version != projection.Version || checkpoint.Position < beside.Position)
        {
            return new(projection.Name, checkpoint.Position, 0, 0, [], "its rows are being folded again; verify when that is done");
        }
        beside.FoldTail(tx, checkpoint.Position);
        foreach (var table in projection.Tables)
        {
            rows += RowComparison.Run(table, tx, beside.Rows, difference =>
            {
                foreach (var told in difference.Told())
                {
                    if (count++ < MostDifferences) differences.Add(told);
                }
            });
        }
        return new(projection.Name, checkpoint.Position, rows, count, differences, NotVerified: null);
    }

    private IProjection Find(string name) => all.FirstOrDefault(projection => projection.Name == name)
        ?? throw new ArgumentException($"no projection is called {name}; there are {string.Join(", ", Names)}", nameof(name));
}
