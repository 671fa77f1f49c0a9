using System.Net;
using System.Net.Sockets;
using Postoffice.Store.Mail;

namespace Postoffice.Store.Configuration;

/// <summary>
/// What this host calls itself: <c>hostname=auto</c> (the default: the system's name, made complete by the resolver), <c>hostname=literal</c>
/// (the system's name as it is), <c>hostname=NAME</c> or <c>self=NAME</c> (C-CFG-31, C-CFG-32).
/// </summary>
public static class OwnName
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <exception cref="SettingException">The name is no domain name.</exception>
    public static async ValueTask<DomainName> FindAsync(Settings settings, CancellationToken ct)
    {
        var setting = settings.Entries.LastOrDefault(entry => entry.Name is "hostname" or "self");
        var word = setting?.Value is { Length: > 0 } value ? value : "auto";
        var special = setting is null || setting.Name == "hostname";
        var name = special switch
        {
            true when word.Equals("auto", StringComparison.OrdinalIgnoreCase) => await CanonicalAsync(ct),
            true when word.Equals("literal", StringComparison.OrdinalIgnoreCase) => Environment.MachineName,
            _ => word,
        };
        if (DomainName.TryParse(name, out var domain)) return domain;
        throw new SettingException(setting ?? new Setting("hostname", name, "this system's name"), "a domain name is expected; set hostname=NAME");
    }

    /// <summary>The resolver's name for the system's; the system's own when the resolver knows none in time.</summary>
    private static async ValueTask<string> CanonicalAsync(CancellationToken ct)
    {
        var own = Environment.MachineName;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(Patience);
        try
        {
            var entry = await Dns.GetHostEntryAsync(own, patience.Token);
            return DomainName.TryParse(entry.HostName, out _) ? entry.HostName : own;
        }
        catch (SocketException)
        {
            return own;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return own;
        }
    }
}
