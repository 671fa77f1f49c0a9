using System.Net;
using Postoffice.Store.Configuration;
using Postoffice.Store.Mail;

namespace Postoffice.Store.Directory;

/// <summary>The name this machine goes by in greetings, <c>Received</c> fields and DSNs.</summary>
public static class OwnName
{
    /// <summary>
    /// <c>hostname=NAME</c> or <c>self=NAME</c> (C-CFG-31, C-CFG-32), whichever comes last. <c>auto</c>, <c>literal</c> and no setting at all
    /// take the kernel's name as it is: a service that starts must not wait for a resolver.
    /// </summary>
    /// <exception cref="SettingException">The name is no domain.</exception>
    public static DomainName From(Settings settings)
    {
        var setting = settings.Entries.LastOrDefault(entry => entry.Name is "hostname" or "self");
        if (setting?.Value is null or "auto" or "literal")
        {
            return DomainName.TryParse(Dns.GetHostName(), out var kernels) ? kernels : Localhost;
        }
        return DomainName.TryParse(setting.Value, out var name) ? name : throw new SettingException(setting, "a domain name is expected");
    }

    private static DomainName Localhost => DomainName.TryParse("localhost", out var name) ? name : throw new InvalidOperationException();
}
