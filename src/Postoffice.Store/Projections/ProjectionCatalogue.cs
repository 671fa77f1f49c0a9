namespace Postoffice.Store.Projections;

/// <summary>Every projection there is.</summary>
public static class ProjectionCatalogue
{
    public static readonly IReadOnlyList<IProjection> All = [new DueDeliveries(), new OpenCircuits(), new MailHistory()];

    public static readonly IReadOnlyList<IProjection> Inline = [.. All.Where(projection => projection.Inline)];

    /// <summary>Those that follow the journal.</summary>
    public static readonly IReadOnlyList<IProjection> Following = [.. All.Where(projection => !projection.Inline)];
}
