using Postoffice.Store;
using Postoffice.Store.Configuration;

namespace Postoffice.Admin.Commands;

/// <summary>Verbs that work on the store's file itself: for root and the store's owner.</summary>
internal static class OwnersOnly
{
    /// <returns>Null when the caller may go on; otherwise the exit code, and the sentence was said.</returns>
    public static int? Refusal(Settings settings, Screen screen)
    {
        if (StoreDoor.IsOpen(settings)) return null;
        screen.Complain("postoffice", $"{StoreOptions.From(settings).Path}: this is for root and the store's owner. Try it with sudo.");
        return ExitCode.NotPermitted;
    }
}
