using Postoffice.Store.Configuration;
using Postoffice.Testing;

namespace Postoffice.EndToEnd.Tests;

/// <summary>The configuration file is the same to every program: the default one need not be there, the one of -C must.</summary>
public sealed class ConfigurationTests
{
    [Theory]
    [InlineData("postoffice-smtpd")]
    [InlineData("postoffice-runner")]
    [InlineData("sendmail", "bob")]
    [InlineData("mailq")]
    [InlineData("runq")]
    [InlineData("postoffice", "history")]
    public async Task A_file_that_is_not_there_is_told_and_ends_with_66(string program, params string[] more)
    {
        await using var run = Service.Start(Service.Program(program), ["-C", "/nonexistent/cf", .. more]);
        Assert.Equal(66, await run.EndAsync());
        Assert.Contains("The configuration cannot be read: /nonexistent/cf", run.Said);
    }

    [Fact]
    public async Task Both_services_start_with_the_defaults_when_there_is_no_file()
    {
        Assert.SkipWhen(new FileInfo(ConfigurationFile.DefaultPath).Exists, "this machine has a configuration of its own");
        using var directory = new TempDirectory();
        string[] options = ["-o", $"store={directory.File("store/postoffice.db")}", "-o", $"control={directory.Path}", "-o", "hostname=mx.example.test"];
        await using var listener = Service.Start(Service.Program("postoffice-smtpd"), [.. options, "-o", $"listen=unix:{directory.File("s")}"]);
        await listener.SaysAsync("ready");
        await using var runner = Service.Start(Service.Program("postoffice-runner"), options);
        await runner.SaysAsync("ready");
        Assert.Equal((0, 0), (await listener.StopAsync(), await runner.StopAsync()));
    }
}
