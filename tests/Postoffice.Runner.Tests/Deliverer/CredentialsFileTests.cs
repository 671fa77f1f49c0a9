using System.Diagnostics;
using Postoffice.Runner.Deliverer;
using Postoffice.Testing;

namespace Postoffice.Runner.Tests.Deliverer;

/// <summary>The runner has given up root's rights when it needs the passwords for next hops: the deliverer reads them for it, and only from a file that is safe.</summary>
public sealed class CredentialsFileTests : IAsyncDisposable
{
    private static readonly string Program = Path.Join(AppContext.BaseDirectory, "postoffice-runner");
    private readonly TempDirectory directory = new();
    private DelivererClient? client;

    private string File => directory.File("passwords");

    public async ValueTask DisposeAsync()
    {
        if (client is not null) await client.DisposeAsync();
        directory.Dispose();
    }

    [Fact]
    public async Task A_file_for_roots_eyes_only_is_handed_over_as_it_is_now()
    {
        DelivererRig.Put(File, "mail.isp.example alice secret\n", "root");
        Assert.Equal(("mail.isp.example alice secret\n", ""), await ReadAsync($"smtp-auth={File}\n"));

        DelivererRig.Put(directory.File("others"), "mail.isp.example bob other\n", "root");
        DelivererRig.Put(directory.File("cf"), $"smtp-auth={directory.File("others")}\n", "root");
        Assert.Equal(("mail.isp.example bob other\n", ""), await client!.ReadCredentialsAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(0x1A0u, "root", "can be read or changed by others: chmod 600")] // 0640
    [InlineData(0x184u, "root", "can be read or changed by others: chmod 600")] // 0604
    [InlineData(0x182u, "root", "can be read or changed by others: chmod 600")] // 0602
    [InlineData(0x180u, DelivererRig.User, "must belong to root")]
    public async Task A_file_that_others_reach_is_refused(uint mode, string owner, string reason)
    {
        DelivererRig.Put(File, "mail.isp.example alice secret\n", owner, mode);

        var (text, refusal) = await ReadAsync($"smtp-auth={File}\n");

        Assert.Null(text);
        Assert.StartsWith(File, refusal);
        Assert.Contains(reason, refusal);
    }

    [Theory]
    [InlineData("link", "symbolic link")]
    [InlineData("pipe", "is not a regular file")]
    [InlineData("directory", "is not a regular file")]
    [InlineData("nothing", "No such file")]
    [InlineData("long", "longer than 60000 octets")]
    public async Task What_is_no_such_file_is_refused_and_nobody_waits(string kind, string reason)
    {
        DelivererRig.Put(directory.File("secret"), "mail.isp.example alice secret\n", "root");
        switch (kind)
        {
            case "link":
                new FileInfo(File).CreateAsSymbolicLink(directory.File("secret"));
                break;
            case "pipe":
                using (var made = Process.Start("mkfifo", ["-m", "600", File])) await made.WaitForExitAsync(TestContext.Current.CancellationToken);
                break;
            case "directory":
                Directory.CreateDirectory(File, UnixFileMode.UserRead | UnixFileMode.UserExecute);
                break;
            case "long":
                DelivererRig.Put(File, new string('#', 60_001), "root");
                break;
        }

        var (text, refusal) = await ReadAsync($"smtp-auth={File}\n");

        Assert.Null(text);
        Assert.Contains(reason, refusal);
    }

    [Fact]
    public async Task A_file_that_only_the_command_line_names_is_not_read() =>
        Assert.Equal((null, "smtp-auth= counts in the configuration file only, not as -o"), await ReadAsync(""));

    [Fact]
    public async Task Without_the_deliverer_there_are_no_passwords()
    {
        await ReadAsync("");
        using (var child = Process.GetProcessById(client!.ProcessId)) child.Kill();

        Assert.Equal((null, "the deliverer, which reads the file, has ended"), await client.ReadCredentialsAsync(TestContext.Current.CancellationToken));
    }

    private async Task<(string? Text, string Reason)> ReadAsync(string configuration)
    {
        Assert.True(Environment.IsPrivilegedProcess, "these tests make files of others and so must run as root");
        DelivererRig.Put(directory.File("cf"), configuration, "root");
        client = await DelivererClient.StartAsync(Program, directory.File("cf"), TestContext.Current.CancellationToken);
        Assert.True(client is not null, "the deliverer did not get ready");
        return await client.ReadCredentialsAsync(TestContext.Current.CancellationToken);
    }
}
