using Postoffice.Runner.Deliverer.Mailboxes;

namespace Postoffice.Runner.Deliverer.Serving;

/// <summary>What the deliverer knows from its own start, not from the runner.</summary>
/// <param name="Mailbox">Where mailboxes are, from the root-owned configuration file.</param>
/// <param name="HostName">In the names of Maildir files.</param>
internal sealed record DelivererOptions(MailboxSetting Mailbox, string HostName)
{
    /// <summary>The configuration file of <c>-C</c>; null for the default.</summary>
    public string? ConfigurationFile { get; init; }

    /// <summary>How long an mbox delivery waits for its turn and the locks before it fails for now.</summary>
    public TimeSpan LockPatience { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How often locks held by others are tried.</summary>
    public TimeSpan LockRetry { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How long an mbox stays locked for a commit that does not come: readers wait for it.</summary>
    public TimeSpan HoldLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Threads that carry users' rights: as many syncs at once.</summary>
    public int Threads { get; init; } = 16;

    /// <summary>Where entries above 64 KiB wait without a name until they are appended.</summary>
    public string SpoolDirectory { get; init; } = "/var/tmp";
}
