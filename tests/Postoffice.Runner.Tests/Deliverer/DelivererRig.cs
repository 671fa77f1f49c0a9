using System.Diagnostics;
using System.IO.Pipelines;
using System.Text;
using Postoffice.Runner.Deliverer;
using Postoffice.Store.Mail;
using Postoffice.Store.Native;
using Postoffice.Testing;

namespace Postoffice.Runner.Tests.Deliverer;

/// <summary>
/// A real deliverer as a child process, with mailboxes of the system's own users in a directory of the test. Taking users' rights needs
/// root, so these tests fail, and say so, for anybody else.
/// </summary>
internal sealed class DelivererRig : IAsyncDisposable
{
    /// <summary>Users every Debian has, none of whom has mail there.</summary>
    public const string User = "games", OtherUser = "news";

    public static readonly DateTimeOffset Noon = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly string Program = Path.Join(AppContext.BaseDirectory, "postoffice-runner");

    private readonly TempDirectory directory = new();
    private readonly string configuration;
    private int lastId;

    private DelivererRig(string mailbox)
    {
        Assert.True(Environment.IsPrivilegedProcess, "the deliverer's tests take users' rights and so must run as root");
        Libc.Check(Libc.Chmod(directory.Path, 0x1ED), directory.Path); // 0755: users must get through
        Spool = MakeDirectory("mail", mode: 0x1FF | 0x200); // 01777, as classic has it
        configuration = directory.File("postoffice.cf");
        Put(configuration, $"mailbox={mailbox.Replace("@", directory.Path)}\n", "root");
    }

    public DelivererClient Client { get; private set; } = null!;

    /// <summary>The mbox directory.</summary>
    public string Spool { get; }

    public string Mbox => Path.Join(Spool, User);

    public string DirectoryPath => directory.Path;

    /// <summary>With mboxes in <see cref="Spool"/>.</summary>
    public static Task<DelivererRig> WithMboxAsync() => StartAsync("mbox:@/mail");

    /// <summary>With Maildirs below <see cref="HomeOf"/>.</summary>
    public static Task<DelivererRig> WithMaildirAsync() => StartAsync("maildir:@/home/%u/Maildir");

    public string HomeOf(string user)
    {
        MakeDirectory("home", 0x1ED);
        return MakeDirectory($"home/{user}", 0x1C0, user);
    }

    public string MakeDirectory(string name, uint mode, string owner = "root")
    {
        var path = directory.File(name);
        Directory.CreateDirectory(path);
        Own(path, owner);
        Libc.Check(Libc.Chmod(path, mode), path);
        return path;
    }

    /// <summary>Makes a file owned by a user.</summary>
    public static void Put(string path, string text, string owner, uint mode = 0x180)
    {
        using (var file = new FileStream(path, FileMode.Create)) file.Write(Encoding.Latin1.GetBytes(text));
        Own(path, owner);
        Libc.Check(Libc.Chmod(path, mode), path);
    }

    public static void Own(string path, string owner)
    {
        var user = SystemUser.Find(owner)!;
        Libc.Check(Libc.Chown(path, user.Uid, user.Gid), path);
    }

    public static string Read(string path)
    {
        // Not opened by .NET, which would take a flock.
        using var reader = new StreamReader(new FileStream(SafeFile.Open(path, Libc.O_RDONLY), FileAccess.Read), Encoding.Latin1);
        return reader.ReadToEnd();
    }

    public QueueId NextId() => new(1_000_000 + ++lastId);

    public DeliveryRequest Request(string user = User, QueueId? id = null, string sender = "alice@example.net") =>
        new(user, id ?? NextId(), Recipient: 1, Attempt: 1, sender, Noon, Noon);

    public Task<PrepareResult> PrepareAsync(string content, string user = User, QueueId? id = null, string sender = "alice@example.net") =>
        PrepareAsync(Request(user, id, sender), content);

    public async Task<PrepareResult> PrepareAsync(DeliveryRequest request, string content)
    {
        using var stream = new MemoryStream(Encoding.Latin1.GetBytes(content));
        return await Client.PrepareAsync(request, PipeReader.Create(stream), TestContext.Current.CancellationToken);
    }

    /// <summary>Both phases.</summary>
    public async Task<DeliveryOutcome> DeliverAsync(string content, string user = User, string sender = "alice@example.net") =>
        await PrepareAsync(content, user, sender: sender) switch
        {
            PrepareResult.Prepared prepared => await Client.CommitAsync(prepared),
            PrepareResult.Failed failed => new DeliveryOutcome.Failed(failed.Failure),
            _ => new DeliveryOutcome.Gone(),
        };

    public async Task<PrepareResult.Prepared> PreparedAsync(string content, string user = User, QueueId? id = null) =>
        Assert.IsType<PrepareResult.Prepared>(await PrepareAsync(content, user, id));

    /// <summary>SIGKILL, and a new deliverer in the place of the old.</summary>
    public async Task KillAndRestartAsync()
    {
        await KillAsync();
        await RestartAsync();
    }

    /// <summary>SIGKILL, and waits for the end.</summary>
    public async Task KillAsync()
    {
        using (var child = Process.GetProcessById(Client.ProcessId)) child.Kill();
        await Client.Ended;
    }

    /// <summary>A new deliverer in the place of one that has ended.</summary>
    public async Task RestartAsync()
    {
        await Client.DisposeAsync();
        await StartClientAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        directory.Dispose();
    }

    private static async Task<DelivererRig> StartAsync(string mailbox)
    {
        var rig = new DelivererRig(mailbox);
        await rig.StartClientAsync();
        return rig;
    }

    private async Task StartClientAsync()
    {
        var client = await DelivererClient.StartAsync(Program, configuration, TestContext.Current.CancellationToken);
        Assert.True(client is not null, "the deliverer did not get ready");
        Client = client;
    }
}
