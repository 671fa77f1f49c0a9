using System.Text;
using Postoffice.Smtp.Intake;
using Postoffice.Store.Events;
using Postoffice.Store.Log;
using Postoffice.Store.Mail;
using Postoffice.Store.Native;
using Postoffice.Store.Submission;
using Postoffice.Testing;

namespace Postoffice.Smtp.Tests.Intake;

/// <summary>What sendmail leaves while nobody listens becomes mail, once, and nothing is lost in silence.</summary>
public sealed class DropImportTests : IDisposable
{
    private static readonly DropEnvelope Envelope = new(ReversePath.Parse("root"), [ForwardPath.Parse("bob"), ForwardPath.Parse("carol@example.org")], Notify.Never);
    private readonly TestListener listener = new();
    private readonly TempDirectory drop = new();

    [Fact]
    public async Task A_file_becomes_a_message_of_its_owner_and_goes()
    {
        var name = Leave("Subject: x\r\n\r\ntext\r\n");
        await RoundAsync();

        var accepted = Assert.Single(await listener.AcceptedAsync());
        Assert.Equal("root@mx.example.test", $"{accepted.From}");
        Assert.Equal(new MessageOrigin("DROP", Uid: Libc.GetEuid()), accepted.Client);
        Assert.Equal([new AcceptedRecipient(1, ForwardPath.Parse("bob"), Notify.Never), new(2, ForwardPath.Parse("carol@example.org"), Notify.Never)], accepted.Recipients);
        Assert.NotNull(Assert.IsType<DropImported>(Assert.Single(await ImportAsync(name)).Fact).Message);
        Assert.Empty(Names());
    }

    [Fact]
    public async Task A_crash_before_the_unlink_takes_it_once()
    {
        var name = Leave("text\r\n");
        var imported = new Append(StreamId.Drop(name), ExpectedVersion.NoStream, new DropImported(QueueId.Parse("0123456789AB")));
        await listener.Store.Store.Events.AppendAsync(imported, TestContext.Current.CancellationToken);

        await RoundAsync();

        Assert.Empty(await listener.AcceptedAsync());
        Assert.Empty(Names());
    }

    [Fact]
    public async Task What_cannot_be_taken_is_recorded_and_set_aside()
    {
        await WriteAsync("0abc", "no envelope\n");
        Libc.Check(Libc.MakeDirectory(drop.File("0dir"), 0x1C0), "mkdir");
        System.IO.Directory.CreateSymbolicLink(drop.File("0link"), "/etc/passwd");

        await RoundAsync();
        await RoundAsync();

        Assert.Equal(["0abc.refused", "0dir.refused", "0link.refused"], Names());
        Assert.Equal("does not begin with an envelope", Assert.IsType<DropImported>(Assert.Single(await ImportAsync("0abc")).Fact).Reason);
        Assert.Single(await ImportAsync("0link"));
        Assert.Empty(await listener.AcceptedAsync());
    }

    [Fact]
    public async Task A_name_no_sendmail_makes_is_set_aside_under_another()
    {
        await WriteAsync("evil name\u202e;", "postoffice-drop 1\n");
        await RoundAsync();
        Assert.StartsWith("odd-", Assert.Single(Names()));
    }

    [Fact]
    public async Task Bare_line_ends_are_refused_here_too()
    {
        var name = Leave("text\n.\n");
        await RoundAsync();
        Assert.Equal([name + ".refused"], Names());
    }

    [Fact]
    public async Task An_unfinished_file_waits()
    {
        await WriteAsync("0abc.part", "postoffice-drop 1\n");
        await RoundAsync();
        Assert.Equal(["0abc.part"], Names());
    }

    [Fact]
    public async Task A_missing_directory_is_no_trouble() =>
        await new DropImport(listener.Services, listener.Store.Store.Events).RoundAsync(drop.File("none"), TestContext.Current.CancellationToken);

    public void Dispose()
    {
        listener.Dispose();
        drop.Dispose();
    }

    private string Leave(string content) => DropFile.Write(drop.Path, Envelope, new MemoryStream(Octets.Of(content)));

    private async Task WriteAsync(string name, string text)
    {
        using var file = SafeFile.Open(drop.File(name), Libc.O_WRONLY | Libc.O_CREAT);
        await RandomAccess.WriteAsync(file, Encoding.UTF8.GetBytes(text), 0);
    }

    private async Task RoundAsync() =>
        await new DropImport(listener.Services, listener.Store.Store.Events).RoundAsync(drop.Path, TestContext.Current.CancellationToken);

    private async Task<IReadOnlyList<RecordedEvent>> ImportAsync(string name) =>
        await listener.Store.Store.Events.ReadAsync(StreamId.Drop(name), 0, TestContext.Current.CancellationToken);

    private string[] Names() => [.. new DirectoryInfo(drop.Path).EnumerateFileSystemInfos().Select(file => file.Name).Order(StringComparer.Ordinal)];
}
