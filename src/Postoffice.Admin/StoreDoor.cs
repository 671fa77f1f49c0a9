using Microsoft.Extensions.Logging;
using Postoffice.Store;
using Postoffice.Store.Configuration;
using Postoffice.Store.Native;

namespace Postoffice.Admin;

/// <summary>Who may open the store's file: its owner, and root, who becomes the owner first and stays it.</summary>
internal static class StoreDoor
{
    public static bool IsOpen(Settings settings)
    {
        var caller = Libc.GetEuid();
        if (caller == 0) return true;
        return SafeFile.TryStat(Directory(settings), out var place) && place.Uid == caller;
    }

    /// <summary>For looking only.</summary>
    /// <exception cref="StoreRefusedException">Says what is wrong and what to do.</exception>
    public static MailStore Open(Settings settings) => MailStore.OpenForReading(Enter(settings));

    /// <summary>For acts on the rows: beside the services, in turn with them.</summary>
    /// <exception cref="StoreRefusedException">Says what is wrong and what to do.</exception>
    public static MailStore OpenForWriting(Settings settings, TimeProvider clock, ILogger log) => MailStore.Open(Enter(settings), clock, log);

    private static StoreOptions Enter(Settings settings)
    {
        var options = StoreOptions.From(settings);
        if (!SafeFile.TryStat(options.Path, out _))
        {
            throw new StoreRefusedException($"{options.Path}: there is no store yet. Start postoffice-smtpd or postoffice-runner once, or name another with store=PATH.");
        }
        // A store that belongs to root is the services' to warn of, once at their start.
        ServiceIdentity.Assume(settings, options.Path, warn: _ => { });
        return options;
    }

    private static string Directory(Settings settings) => Path.GetDirectoryName(StoreOptions.From(settings).Path)!;
}
