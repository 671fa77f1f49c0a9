using Postoffice.Smtp.Listening;
using Postoffice.Store;
using Postoffice.Store.Configuration;
using Postoffice.Store.Log;

namespace Postoffice.Smtp;

/// <summary>sysexits.h, as far as the listener uses it.</summary>
internal static class ExitCode
{
    public const int Ok = 0;
    public const int Usage = 64;
    public const int NoInput = 66;
    public const int OsError = 71;
    public const int TemporaryFailure = 75;
    public const int Configuration = 78;

    /// <summary>For trouble at the start that has a sentence of its own; null for a surprise.</summary>
    public static int? Of(Exception trouble) => trouble switch
    {
        SettingException or StoreRefusedException => Configuration,
        CannotListenException => OsError,
        ConfigurationUnreadableException => NoInput,
        StoreUnavailableException => TemporaryFailure,
        IOException => OsError,
        _ => null,
    };
}
