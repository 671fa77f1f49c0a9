using Postoffice.Benchmarks.Servers;
using Postoffice.Store.Native;

namespace Postoffice.Benchmarks.Workloads;

/// <summary>Mail is taken and goes to a hundred mailboxes in turn: done when the last of it is there.</summary>
internal sealed class LocalDelivery(MailboxKind kind) : IWorkload
{
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(20);
    private readonly Lazy<MailboxUsers> users = new(); // root only can make them, anybody may ask what this is
    private readonly Dictionary<string, (long Read, int Entries)> mboxes = [];
    private int expected;

    public Delivery Delivery => new Delivery.ToMailboxes(users.Value, kind);

    public async Task<double> RunAsync(MailServer server, int messages, CancellationToken ct)
    {
        expected += messages;
        var began = TimeProvider.System.GetTimestamp();
        var recipients = Enumerable.Range(0, messages).Select(message => $"{MailboxUsers.All[message % MailboxUsers.Count]}@example.test").ToArray();
        await Loader.SendAsync(server.Listener, recipients, () => { }, ct);
        while (Arrived() < expected) await Task.Delay(Between, TimeProvider.System, ct);
        return TimeProvider.System.GetElapsedTime(began).TotalSeconds;
    }

    public void Dispose()
    {
        if (users.IsValueCreated) users.Value.Dispose();
    }

    private int Arrived() => kind switch
    {
        MailboxKind.Maildir => MailboxUsers.All.Select(user => $"{users.Value.Homes}/{user}/Maildir/new").Where(Directory.Exists).Sum(folder => Directory.EnumerateFiles(folder).Count()),
        _ => MailboxUsers.All.Sum(user => Entries($"{users.Value.Spool}/{user}")),
    };

    /// <summary>Entries of an mbox: only what has come since the last look is read.</summary>
    private int Entries(string mbox)
    {
        if (!SafeFile.TryOpen(mbox, Libc.O_RDONLY, out var file, out _)) return 0;
        using (file)
        {
            var (read, entries) = mboxes.GetValueOrDefault(mbox);
            var news = new byte[RandomAccess.GetLength(file) - read];
            var lines = news.AsSpan(0, RandomAccess.Read(file, news, read));
            lines = lines[..(lines.LastIndexOf((byte)'\n') + 1)];
            entries += lines.Count("\nFrom "u8) + (lines.StartsWith("From "u8) ? 1 : 0);
            mboxes[mbox] = (read + lines.Length, entries);
            return entries;
        }
    }

    public override string ToString() => $"20 clients, 4 KiB, {MailboxUsers.Count} mailboxes ({kind}), until all is in";
}
