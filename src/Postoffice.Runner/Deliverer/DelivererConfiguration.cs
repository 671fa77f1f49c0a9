using Postoffice.Runner.Deliverer.Mailboxes;
using Postoffice.Store.Configuration;
using Postoffice.Store.Native;

namespace Postoffice.Runner.Deliverer;

/// <summary>The settings the deliverer obeys, read by itself from the file: the runner cannot tell it where mailboxes or passwords are.</summary>
internal static class DelivererConfiguration
{
    private const uint WritableByOthers = 0x12; // 0022

    /// <param name="given">The file of <c>-C</c>; null for the default, which need not be there: only root could have taken it away.</param>
    /// <param name="reason">When false: a sentence.</param>
    public static bool TryRead(string? given, out MailboxSetting mailbox, out string reason)
    {
        mailbox = MailboxSetting.Default;
        if (!TryLoad(given, out var settings, out reason)) return false;
        var value = settings.Text("mailbox", otherwise: "");
        return value.Length == 0 || MailboxSetting.TryParse(value, out mailbox, out reason);
    }

    /// <summary>The whole file, if it is one to be obeyed.</summary>
    /// <inheritdoc cref="TryRead"/>
    public static bool TryLoad(string? given, out Settings settings, out string reason)
    {
        (settings, reason) = (Settings.Empty, "");
        var file = given ?? ConfigurationFile.DefaultPath;
        if (!SafeFile.TryStat(file, out var stat))
        {
            if (given is null) return true;
            reason = $"{file} cannot be read";
            return false;
        }
        if (Libc.GetEuid() == 0 && (stat.Uid != 0 || (stat.Permissions & WritableByOthers) != 0))
        {
            reason = $"{file} must belong to root and be writable by nobody else, since root obeys it";
            return false;
        }
        try
        {
            settings = ConfigurationFile.Load(file, []);
            return true;
        }
        catch (IOException e)
        {
            reason = e.Message;
            return false;
        }
    }
}
