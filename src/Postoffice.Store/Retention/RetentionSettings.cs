using Postoffice.Store.Configuration;

namespace Postoffice.Store.Retention;

/// <summary>How long finished mail is kept.</summary>
public sealed record RetentionSettings
{
    private const int RoundsOfKeeping = 10;
    private static readonly TimeSpan ShortestRest = TimeSpan.FromSeconds(1), LongestRest = TimeSpan.FromMinutes(1);

    /// <summary><c>keep-content=</c>: how long after a message is finished its octets stay.</summary>
    public TimeSpan KeepContent { get; init; } = TimeSpan.FromDays(7);

    /// <summary><c>keep-history=</c>: how long after a message is finished its facts stay; null (the default) keeps them for ever.</summary>
    public TimeSpan? KeepHistory { get; init; }

    /// <summary>
    /// From one round of removals, when nothing was left to remove, to the next: what is kept for a short time only must not pile up for a
    /// longer one between two rounds.
    /// </summary>
    public TimeSpan Rest
    {
        get
        {
            var shortest = KeepHistory < KeepContent ? KeepHistory.Value : KeepContent;
            return TimeSpan.FromTicks(Math.Clamp(shortest.Ticks / RoundsOfKeeping, ShortestRest.Ticks, LongestRest.Ticks));
        }
    }

    /// <exception cref="SettingException">A value cannot be used.</exception>
    public static RetentionSettings From(Settings settings) => new()
    {
        KeepContent = settings.Time("keep-content", TimeSpan.FromDays(7)),
        KeepHistory = settings.Find("keep-history") is null or { Value: "forever" } ? null : settings.Time("keep-history", TimeSpan.Zero),
    };
}

/// <summary>How one step of retention ended.</summary>
public enum RetentionStep
{
    /// <summary>Nothing is left to do for now; ask again after <see cref="RetentionSettings.Rest"/>.</summary>
    Done,

    /// <summary>There is more; ask again soon.</summary>
    More,

    /// <summary>Another runner holds the lease now. Nothing was written.</summary>
    LeaseLost,
}
