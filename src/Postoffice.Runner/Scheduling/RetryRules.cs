using Postoffice.Runner.Routing;
using Postoffice.Store.Configuration;
using Postoffice.Store.Events;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Scheduling;

/// <summary>Which schedule a recipient waits by: its destination's own, else that of what went wrong, else the usual one.</summary>
/// <param name="Usual"><c>retry=</c>.</param>
internal sealed record RetryRules(RetrySchedule Usual)
{
    private const string Expected = "waits such as 5m,15m,30m,1h,2h,4h are expected, each from 1s to 7d";

    /// <summary><c>retry-connect=</c>: nobody answered; null for the usual one.</summary>
    public RetrySchedule? Connect { get; init; }

    /// <summary><c>retry-greylist=</c>: the next hop makes strangers wait (RFC 6647), mostly for five minutes and no longer.</summary>
    public RetrySchedule Greylist { get; init; } = RetrySchedule.TryParse("2m,4m,10m,30m,1h,2h,4h", out var early) ? early : RetrySchedule.Default;

    /// <summary><c>retry-for=</c>: by the recipient's domain; the first that fits counts.</summary>
    public IReadOnlyList<(DomainPattern Domains, RetrySchedule Schedule)> Destinations { get; init; } = [];

    /// <summary>No attempt is planned for later than this from now on.</summary>
    public TimeSpan Longest => new[] { Usual, Connect ?? Usual, Greylist }.Concat(Destinations.Select(rule => rule.Schedule)).Max(schedule => schedule.Longest);

    /// <param name="result">What its attempt came to; null when it said nothing.</param>
    public RetrySchedule For(QueuedRecipient recipient, RecipientResult? result)
    {
        if (recipient.Accepted.To.Mailbox.Domain is { } domain)
        {
            foreach (var (domains, schedule) in Destinations)
            {
                if (domains.Fits(domain.Value)) return schedule;
            }
        }
        return result switch
        {
            RecipientResult.Unreached => Connect ?? Usual,
            RecipientResult.Refused(_, var reply) when IsGreylisting(reply) => Greylist,
            _ => Usual,
        };
    }

    /// <exception cref="SettingException">A value cannot be used.</exception>
    public static RetryRules From(Settings settings)
    {
        var rules = new RetryRules(Schedule(settings.Find("retry")) ?? RetrySchedule.Default);
        return rules with
        {
            Connect = Schedule(settings.Find("retry-connect")),
            Greylist = Schedule(settings.Find("retry-greylist")) ?? rules.Greylist,
            Destinations = [.. settings.Entries.Where(entry => entry.Name == "retry-for").Select(Destination)],
        };
    }

    /// <summary>There is no code of its own for it: 450 or 451 with 4.7.1 or 4.2.0 is what such servers say, or they use the word.</summary>
    private static bool IsGreylisting(Reply reply) =>
        reply.Code is 450 or 451
        && (reply.Status is { Subject: 7, Detail: 1 } or { Subject: 2, Detail: 0 }
            || reply.Text.Contains("greylist", StringComparison.OrdinalIgnoreCase)
            || reply.Text.Contains("graylist", StringComparison.OrdinalIgnoreCase));

    private static RetrySchedule? Schedule(Setting? setting)
    {
        if (setting is null) return null;
        return RetrySchedule.TryParse(setting.Value ?? "", out var schedule) ? schedule : throw new SettingException(setting, Expected);
    }

    private static (DomainPattern Domains, RetrySchedule Schedule) Destination(Setting setting)
    {
        var value = setting.Value ?? "";
        var colon = value.IndexOf(':');
        if (colon < 0 || !DomainPattern.TryParse(value.AsSpan(0, colon), out var domains))
        {
            throw new SettingException(setting, $"PATTERN:TIME,… is expected, with {DomainPattern.Forms} as the pattern");
        }
        return RetrySchedule.TryParse(value[(colon + 1)..], out var schedule) ? (domains, schedule) : throw new SettingException(setting, Expected);
    }
}
