using System.Security.Cryptography;
using Postoffice.Store.Events;
using Postoffice.Store.Log;
using Postoffice.Store.Native;

namespace Postoffice.Smtp.Intake;

/// <summary>
/// Takes in what <c>sendmail</c> left in the drop directory while no listener ran. A file becomes a message in the append that also records
/// its name, so a crash before the unlink takes it once. What cannot be taken is recorded and set aside, its owner is told, and it is
/// never tried again.
/// </summary>
internal sealed class DropImport(ListenerServices services, IEventLog events)
{
    private const int MostOfOneUser = 100; // a round; the rest waits, so that nobody holds up the others
    private const string RefusedSuffix = ".refused";
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PartsAreDeadAfter = TimeSpan.FromDays(1);
    private readonly DropReader reader = new(services);
    private readonly DropRefusal refusal = new(services, events);
    private readonly DropTroubles troubles = new();

    /// <summary>A round at once, then one every few seconds until <paramref name="stop"/>.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await RoundAsync(services.Rules.Current.Options.Drop, stop);
                await Task.Delay(Between, services.Clock, stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
        }
    }

    /// <summary>Every file that is there now.</summary>
    public async ValueTask RoundAsync(string directory, CancellationToken stop)
    {
        try
        {
            var taken = new Dictionary<uint, int>();
            foreach (var entry in new DirectoryInfo(directory).EnumerateFileSystemInfos())
            {
                if (stop.IsCancellationRequested) return;
                if (entry.Name.EndsWith(RefusedSuffix, StringComparison.Ordinal)) continue;
                var path = Path.Join(directory, entry.Name);
                if (!SafeFile.TryStat(path, out var file)) continue;
                if (entry.Name.EndsWith(Store.Submission.DropFile.UnfinishedSuffix, StringComparison.Ordinal)) RemoveDeadPart(path, file);
                else if (!OverShare(taken, file.Uid)) await TryTakeAsync(directory, entry.Name);
            }
        }
        catch (DirectoryNotFoundException)
        {
            // No drop directory, no mail in it: an installation without sendmail has none.
        }
        catch (Exception trouble) when (trouble is IOException or UnauthorizedAccessException)
        {
            Tell(directory, trouble.Message); // the next round tries again
        }
        catch (Exception surprise)
        {
            ListenerLog.DropSurprised(services.Log, directory, surprise); // mail left here must not wait for a restart
        }
        troubles.EndRound();
    }

    /// <summary>One file's trouble is not the others': it stays, and the next round tries again.</summary>
    private async ValueTask TryTakeAsync(string directory, string name)
    {
        try
        {
            await TakeAsync(directory, name);
        }
        catch (Exception trouble) when (trouble is IOException or StoreUnavailableException or UnreadableFactException)
        {
            Tell(name, trouble.Message);
        }
        catch (Exception surprise)
        {
            ListenerLog.DropSurprised(services.Log, name, surprise);
        }
    }

    private async ValueTask TakeAsync(string directory, string name)
    {
        var path = Path.Join(directory, name);
        switch (await events.ReadAsync(StreamId.Drop(DropName.Safe(name)), 0, CancellationToken.None))
        {
            case [{ Fact: DropImported { Message: not null } }, ..]: // taken before a crash
                Remove(directory, path);
                return;
            case [{ Fact: DropImported }, ..]:
                SetAside(directory, path, AsideOf(directory, name));
                return;
        }

        switch (await reader.TakeAsync(path, name))
        {
            case DropOutcome.Taken:
                Remove(directory, path);
                break;
            case DropOutcome.Refused refused:
                ListenerLog.DropRefused(services.Log, name, refused.Reason);
                var aside = AsideOf(directory, name);
                if (await refusal.RecordAsync(DropName.Safe(name), refused, aside)) SetAside(directory, path, aside);
                break;
            case DropOutcome.Later(var reason):
                Tell(name, reason);
                break;
        }
    }

    private void Tell(string what, string reason)
    {
        if (troubles.IsNew(what, reason)) ListenerLog.DropTrouble(services.Log, what, reason);
    }

    private void RemoveDeadPart(string path, Libc.StatX file)
    {
        if (services.Clock.GetUtcNow() - DateTimeOffset.FromUnixTimeSeconds(file.ModifiedSeconds) < PartsAreDeadAfter) return;
        ListenerLog.DropPartRemoved(services.Log, path); // its writer died before it told anybody that the mail is safe
        _ = Libc.Unlink(path);
    }

    private static bool OverShare(Dictionary<uint, int> taken, uint uid) => (taken[uid] = taken.GetValueOrDefault(uid) + 1) > MostOfOneUser;

    private static void Remove(string directory, string path)
    {
        Libc.Check(Libc.Unlink(path), path);
        SafeFile.SyncDirectory(directory);
    }

    /// <summary>Whatever stands there already was set aside before, or put there to be in the way.</summary>
    private static string AsideOf(string directory, string name)
    {
        var aside = Path.Join(directory, DropName.Safe(name));
        return SafeFile.TryStat(aside + RefusedSuffix, out _)
            ? $"{aside}-{RandomNumberGenerator.GetHexString(16, lowercase: true)}{RefusedSuffix}"
            : aside + RefusedSuffix;
    }

    private static void SetAside(string directory, string path, string aside)
    {
        Libc.Check(Libc.Rename(path, aside), path);
        SafeFile.SyncDirectory(directory);
    }
}
