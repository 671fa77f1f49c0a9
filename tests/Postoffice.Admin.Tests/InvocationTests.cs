namespace Postoffice.Admin.Tests;

/// <summary>One binary by many names.</summary>
public sealed class InvocationTests
{
    [Theory]
    [InlineData("authexpire", 69, "There is no greylist to clean")]
    [InlineData("/usr/sbin/NewAliases", 0, "There are no aliases to rebuild")]
    public async Task A_name_decides_what_is_done(string name, int exitCode, string sentence)
    {
        var run = await ProgramRun.Of(name, "", []);
        Assert.Equal(exitCode, run.ExitCode);
        Assert.Contains(sentence, run.Error);
    }
}
