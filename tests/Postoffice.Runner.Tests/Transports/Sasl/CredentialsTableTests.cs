using Postoffice.Runner.Transports.Sasl;

namespace Postoffice.Runner.Tests.Transports.Sasl;

public sealed class CredentialsTableTests
{
    private const string File = """
        # our provider
        mail.isp.example   alice@isp.example   pass word # 1

        *.cloud.example	bob	s3cret
        [2001:db8::1] carol x
        192.0.2.1 dave y
        """;

    [Theory]
    [InlineData("mail.isp.example", "alice@isp.example", "pass word # 1")]
    [InlineData("eu.cloud.example", "bob", "s3cret")]
    [InlineData("2001:db8::1", "carol", "x")]
    [InlineData("192.0.2.1", "dave", "y")]
    [InlineData("cloud.example", null, null)]
    [InlineData("isp.example", null, null)]
    public void The_first_line_that_fits_says_who_we_are(string host, string? user, string? password)
    {
        Assert.True(CredentialsTable.TryParse(File.Replace("\n", "\r\n", StringComparison.Ordinal), out var table, out _));
        Assert.Equal((user, password), (table.Find(host)?.User, table.Find(host)?.Password));
    }

    [Theory]
    [InlineData("mail.isp.example alice")]
    [InlineData("mail.isp.example")]
    [InlineData("mail.isp.example:587 alice secret")]
    [InlineData("* alice secret")]
    [InlineData("a..b alice secret")]
    [InlineData("mail.isp.example al\u0007ice secret")]
    [InlineData("mail.isp.example alice sec\0ret")]
    [InlineData("mail.isp.example alice sec\uFFFDret")]
    public void A_line_that_cannot_be_used_is_named_and_not_shown(string line)
    {
        Assert.False(CredentialsTable.TryParse($"# first\n{line}\n", out _, out var reason));
        Assert.StartsWith("line 2: ", reason);
        Assert.DoesNotContain("secret", reason);
        Assert.DoesNotContain("alice", reason);
    }

    [Fact]
    public void A_password_has_its_limit()
    {
        Assert.True(CredentialsTable.TryParse($"a.example alice {new string('x', 255)}", out _, out _));
        Assert.False(CredentialsTable.TryParse($"a.example alice {new string('x', 256)}", out _, out _));
    }

    [Fact]
    public void Credentials_do_not_print_their_password() => Assert.Equal("alice", new Credentials("alice", "secret").ToString());
}
