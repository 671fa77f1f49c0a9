using Postoffice.Runner.Pipelines;
using Postoffice.Runner.Scheduling;
using Postoffice.Store.Configuration;
using Postoffice.Store.Queue;
using Postoffice.Store.Retention;

namespace Postoffice.Runner;

/// <summary>What becomes of a message that a next hop may or may not have taken.</summary>
internal enum InDoubtPolicy
{
    /// <summary>Sent again by the schedule: a duplicate beats a loss.</summary>
    Retry,

    /// <summary>Held until an operator decides.</summary>
    Hold,
}

/// <summary>Settings of the runner.</summary>
internal sealed record RunnerOptions
{
    /// <summary><c>retry=</c> and its exceptions: waits between attempts.</summary>
    public RetryRules Retry { get; init; } = new(RetrySchedule.Default);

    /// <summary><c>qreturn=</c> (C-CFG-41): how long a recipient waits at most. 1 s to 365 d.</summary>
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromDays(3);

    /// <summary><c>delay-warning=</c>: the sender is told once that a recipient waits this long. Zero for never, or up to 365 d.</summary>
    public TimeSpan DelayWarning { get; init; } = TimeSpan.FromHours(4);

    /// <summary><c>bounce-size=</c>: octets of the largest message that a notification returns whole (RET=FULL, RFC 3461 §4.3).</summary>
    public long BounceSize { get; init; } = 1_000_000;

    /// <summary><c>in-doubt=retry|hold</c>.</summary>
    public InDoubtPolicy InDoubt { get; init; } = InDoubtPolicy.Retry;

    /// <summary><c>messages-in-flight=</c>: messages worked on or waiting for a place at once. 10 to 100,000.</summary>
    public int MessagesInFlight { get; init; } = 2_000;

    /// <summary><c>local-deliveries=</c> and <c>mailbox-deliveries=</c>: at once to all mailboxes, and to one. Kept below what the deliverer takes.</summary>
    public SlotLimits Mailboxes { get; init; } = new(First: 2, Each: 2, Together: 100, WaitingEach: 200, WaitingTogether: 800);

    /// <summary><c>sessions=</c> and <c>sessions-per-host=</c>: at once to all next hops, and to one when it has shown that it can take them.</summary>
    public SlotLimits Sessions { get; init; } = new(First: 5, Each: 20, Together: 400, WaitingEach: 100, WaitingTogether: 600);

    /// <summary><c>rate=</c>.</summary>
    public RateTable Rates { get; init; } = RateTable.None;

    /// <summary><c>messages-per-connection=</c>: over one connection to a next hop, before it is closed. 1 to 10,000.</summary>
    public int MessagesPerConnection { get; init; } = 100;

    /// <summary><c>stop-wait=</c>: what is under way has this long to end after SIGTERM. 0 s to 10 min.</summary>
    public TimeSpan StopWait { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long an SMTP peer may take for each step.</summary>
    public PhaseTimeouts Timeouts { get; init; } = new();

    /// <summary><c>keep-content=</c> and <c>keep-history=</c>.</summary>
    public RetentionSettings Retention { get; init; } = new();

    /// <exception cref="SettingException">A value cannot be used.</exception>
    public static RunnerOptions From(Settings settings)
    {
        var defaults = new RunnerOptions();
        return new RunnerOptions
        {
            Retry = RetryRules.From(settings),
            Lifetime = settings.Time("qreturn", defaults.Lifetime, TimeSpan.FromSeconds(1), TimeSpan.FromDays(365)),
            DelayWarning = settings.Time("delay-warning", defaults.DelayWarning, TimeSpan.Zero, TimeSpan.FromDays(365)),
            BounceSize = settings.Octets("bounce-size", defaults.BounceSize, OctetUnits.Decimal),
            InDoubt = Doubt(settings),
            MessagesInFlight = (int)settings.Number("messages-in-flight", defaults.MessagesInFlight, 10, 100_000),
            Mailboxes = defaults.Mailboxes with
            {
                Together = (int)settings.Number("local-deliveries", defaults.Mailboxes.Together, 1, 120),
                First = (int)settings.Number("mailbox-deliveries", defaults.Mailboxes.Each, 1, 100), // a mailbox has no speed to find out
                Each = (int)settings.Number("mailbox-deliveries", defaults.Mailboxes.Each, 1, 100),
            },
            Sessions = defaults.Sessions with
            {
                Together = (int)settings.Number("sessions", defaults.Sessions.Together, 1, 10_000),
                Each = (int)settings.Number("sessions-per-host", defaults.Sessions.Each, 1, 1_000),
            },
            Rates = RateTable.From(settings),
            MessagesPerConnection = (int)settings.Number("messages-per-connection", defaults.MessagesPerConnection, 1, 10_000),
            StopWait = settings.Time("stop-wait", defaults.StopWait, TimeSpan.Zero, TimeSpan.FromMinutes(10)),
            Timeouts = PhaseTimeouts.From(settings),
            Retention = RetentionSettings.From(settings),
        };
    }

    private static InDoubtPolicy Doubt(Settings settings) => settings.Find("in-doubt") switch
    {
        null or { Value: "retry" } => InDoubtPolicy.Retry,
        { Value: "hold" } => InDoubtPolicy.Hold,
        var other => throw new SettingException(other, "retry or hold is expected"),
    };
}
