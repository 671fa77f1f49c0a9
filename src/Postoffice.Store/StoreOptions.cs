using Postoffice.Store.Configuration;

namespace Postoffice.Store;

/// <summary>Settings of the store, shared by every program that opens it.</summary>
public sealed record StoreOptions
{
    public const string DefaultPath = "/var/lib/postoffice/postoffice.db";

    /// <summary><c>store=PATH</c>.</summary>
    public string Path { get; init; } = DefaultPath;

    /// <summary><c>minfree=</c> (C-CFG-36): octets that must stay free beside the store; below it MAIL and DATA answer 452.</summary>
    public long MinFree { get; init; } = 10_240_000;

    /// <summary><c>store-wait=</c>: how long an append waits for the writers' turn before it fails as busy. 1 s to 60 s.</summary>
    public TimeSpan TurnDeadline { get; init; } = TimeSpan.FromSeconds(5);

    /// <exception cref="SettingException">A value cannot be used.</exception>
    public static StoreOptions From(Settings settings) => new()
    {
        Path = System.IO.Path.GetFullPath(settings.Text("store", DefaultPath)),
        MinFree = settings.Octets("minfree", 10_240_000, OctetUnits.Kilobytes),
        TurnDeadline = settings.Time("store-wait", TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60)),
    };
}
