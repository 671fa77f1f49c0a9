using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using Postoffice.Store.Native;
using Postoffice.Store.Sqlite;
using SQLitePCL;

namespace Postoffice.Store.Maintenance;

/// <summary>
/// Copies a live store with SQLite's backup interface from one snapshot: nobody who writes waits, and what was accepted before it began is
/// in it. (The snapshot is why writers do not make the copy start again; the WAL grows until it ends.) The file gets its name when it is
/// complete, checked and synced; it is one file without a WAL.
/// </summary>
internal static class StoreBackup
{
    private const int Pages = 1024; // 4 MiB between two reports

    /// <exception cref="BackupFailedException">Says why there is no backup.</exception>
    public static void Write(string store, string file, IProgress<StoreProgress>? progress, CancellationToken ct)
    {
        var name = Path.GetFullPath(file);
        var part = name + ".part";
        if (SafeFile.TryStat(name, out _)) throw new BackupFailedException($"{name}: is there already. Name a new file, or remove this one first.");
        if (!SafeFile.TryOpen(part, Libc.O_RDWR | Libc.O_CREAT | Libc.O_EXCL, out var handle, out var error))
        {
            throw new BackupFailedException(error == Libc.EEXIST
                ? $"{part}: is there already, from a backup that is running or was cut off. When none is running, remove it."
                : $"{part}: cannot be made ({Marshal.GetPInvokeErrorMessage(error)}).");
        }
        using (handle)
        {
            try
            {
                Copy(store, part, progress, ct);
                Check(part);
                Libc.Check(Libc.FSync((int)handle.DangerousGetHandle()), part);
                Publish(part, name);
            }
            catch (Exception failure) when (failure is SqliteException or IOException or StoreRefusedException)
            {
                _ = Libc.Unlink(part);
                throw new BackupFailedException($"{name}: the backup failed: {failure.Message}", failure);
            }
            catch
            {
                _ = Libc.Unlink(part);
                throw;
            }
        }
    }

    private static void Copy(string store, string part, IProgress<StoreProgress>? progress, CancellationToken ct)
    {
        using var source = new StoreTransaction(Connections.OpenReader(store));
        using var target = Connections.OpenPlain(part);
        source.Run("BEGIN");
        _ = source.Number("SELECT count(*) FROM sqlite_master"); // the snapshot begins with the first read
        using var backup = raw.sqlite3_backup_init(target.Handle, "main", source.Connection.Handle, "main");
        if (backup.IsInvalid) throw Statement.Failure(raw.sqlite3_errcode(target.Handle), target.Handle!);
        int result;
        do
        {
            ct.ThrowIfCancellationRequested();
            result = raw.sqlite3_backup_step(backup, Pages);
            var (left, total) = (raw.sqlite3_backup_remaining(backup), raw.sqlite3_backup_pagecount(backup));
            progress?.Report(new StoreProgress("pages", total - left, total));
        }
        while (result == raw.SQLITE_OK);
        if (result != raw.SQLITE_DONE) throw Statement.Failure(result, target.Handle!);
        Statement.Check(raw.sqlite3_backup_finish(backup), target.Handle!);
        // The copy says "WAL" in its header; as one plain file it can be moved and kept without companions.
        Connections.Execute(target, "PRAGMA journal_mode = DELETE");
    }

    /// <exception cref="StoreRefusedException">The copy is not whole.</exception>
    private static void Check(string part)
    {
        using var copy = new StoreTransaction(Connections.OpenReader(part));
        if (copy.One("PRAGMA quick_check(1)", row => row.Text(0)) is not "ok" and var saying)
        {
            throw new StoreRefusedException($"the copy is damaged ({saying}). Run postoffice store check");
        }
        Migrator.Recognise(copy.Connection, part);
    }

    private static void Publish(string part, string name)
    {
        Libc.Check(Libc.RenameAt2(Libc.AT_FDCWD, part, Libc.AT_FDCWD, name, Libc.RENAME_NOREPLACE), name);
        SafeFile.SyncDirectory(Path.GetDirectoryName(name)!);
    }
}
