using Microsoft.Extensions.Logging;
using Postoffice.Smtp.Dialogue;
using Postoffice.Store.Events;
using Postoffice.Store.Log;
using Postoffice.Store.Native;

namespace Postoffice.Smtp.Intake;

/// <summary>
/// Takes in what <c>sendmail</c> left in the drop directory while no listener ran. A file becomes a message in the append that also records
/// its name, so a crash before the unlink takes it once. What cannot be taken is recorded and set aside, never lost and never tried again.
/// </summary>
internal sealed class DropImport(ListenerServices services, IEventLog events)
{
    private const int MostOfOneUser = 100; // a round; the rest waits, so that nobody holds up the others
    private const string RefusedSuffix = ".refused";
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PartsAreDeadAfter = TimeSpan.FromDays(1);
    private readonly DropReader reader = new(services);

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
            ListenerLog.DropTrouble(services.Log, directory, trouble.Message); // the next round tries again
        }
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
            ListenerLog.DropTrouble(services.Log, name, trouble.Message);
        }
    }

    private async ValueTask TakeAsync(string directory, string name)
    {
        var path = Path.Join(directory, name);
        var known = DropName.IsGood(name) ? await events.ReadAsync(StreamId.Drop(name), 0, CancellationToken.None) : [];
        switch (known)
        {
            case [{ Fact: DropImported { Message: not null } }, ..]: // taken before a crash
                Remove(directory, path);
                return;
            case [{ Fact: DropImported }, ..]:
                SetAside(directory, name);
                return;
        }

        switch (await reader.TakeAsync(path, name))
        {
            case DropOutcome.Taken:
                Remove(directory, path);
                break;
            case DropOutcome.Refused(var reason):
                ListenerLog.DropRefused(services.Log, name, reason);
                var refusal = new Append(StreamId.Drop(DropName.Safe(name)), ExpectedVersion.Any, new DropImported(null, reason));
                await events.AppendAsync(refusal, CancellationToken.None);
                SetAside(directory, name);
                break;
            case DropOutcome.Later(var reason):
                ListenerLog.DropTrouble(services.Log, name, reason);
                break;
        }
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

    private static void SetAside(string directory, string name)
    {
        var path = Path.Join(directory, name);
        Libc.Check(Libc.Rename(path, Path.Join(directory, DropName.Safe(name) + RefusedSuffix)), path);
        SafeFile.SyncDirectory(directory);
    }
}
