using Postoffice.Store.Configuration;
using Postoffice.Store.Native;

namespace Postoffice.Runner.Deliverer;

/// <summary>The file of <c>smtp-auth=</c>: for its owner's eyes only, who is root or whom the deliverer runs as.</summary>
internal static class CredentialsFile
{
    /// <summary>It travels in one frame.</summary>
    public const int MaxOctets = 60_000;

    private const uint ForOthers = 0x3F; // 0077

    /// <summary>Reads the file that the configuration names now.</summary>
    /// <param name="configuration">The file of <c>-C</c>; null for the default.</param>
    /// <param name="reason">When false: a sentence.</param>
    public static bool TryRead(string? configuration, out string text, out string reason)
    {
        text = "";
        if (!DelivererConfiguration.TryLoad(configuration, out var settings, out reason)) return false;
        if (settings.Find("smtp-auth") is not { Value: { Length: > 0 } value })
        {
            reason = "smtp-auth= counts in the configuration file only, not as -o";
            return false;
        }
        try
        {
            (text, reason) = Read(Path.GetFullPath(value));
            return reason.Length == 0;
        }
        catch (IOException unreadable)
        {
            reason = unreadable.Message;
            return false;
        }
    }

    private static (string Text, string Reason) Read(string file)
    {
        using var handle = SafeFile.Open(file, Libc.O_RDONLY | Libc.O_NONBLOCK); // never waits for the other end of a pipe
        if (!SafeFile.TryStat(handle, out var stat) || !stat.IsRegular) return ("", $"{file} is not a regular file");
        var own = Libc.GetEuid();
        if (stat.Uid != 0 && stat.Uid != own) return ("", $"{file} must belong to {(own == 0 ? "root" : $"root or uid {own}")}: whoever owns it chooses our passwords");
        if ((stat.Permissions & ForOthers) != 0) return ("", $"{file} can be read or changed by others: chmod 600");
        return (SafeFile.ReadText(handle, file, MaxOctets), "");
    }
}
