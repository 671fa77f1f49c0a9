using Postoffice.Store.Mail;
using Xunit;

namespace Postoffice.Store.Tests.Mail;

public sealed class PathTests
{
    [Fact]
    public void Nothing_between_the_brackets_is_the_null_reverse_path_and_no_forward_path()
    {
        Assert.True(ReversePath.TryParse("", smtpUtf8: false, out var path));
        Assert.True(path.IsNull);
        Assert.Equal(ReversePath.Null, path);
        Assert.Equal("", path.ToString());
        Assert.Equal(ReversePath.Null, ReversePath.Parse(""));
        Assert.False(ForwardPath.TryParse("", smtpUtf8: false, out _));
    }

    [Fact]
    public void A_quoted_nothing_is_a_mailbox_and_not_the_null_reverse_path() =>
        Assert.False(ReversePath.Parse("\"\"").IsNull);

    // Attack A07: a route never decides where mail goes.
    [Theory]
    [InlineData("@a,@b:u@c.test")]
    [InlineData("@a.test:u@c.test")]
    [InlineData("u@c.test")]
    [InlineData("u@C.TEST.")]
    public void A_source_route_is_dropped(string path)
    {
        Assert.True(ForwardPath.TryParse(path, smtpUtf8: false, out var forward));
        Assert.Equal(ForwardPath.Parse("u@c.test"), forward);
        Assert.True(ReversePath.TryParse(path, smtpUtf8: false, out var reverse));
        Assert.Equal(ReversePath.Parse("u@c.test"), reverse);
    }

    [Theory]
    [InlineData("@")]
    [InlineData("@:u@c.test")]
    [InlineData("@a,@b")]
    [InlineData("@a,@b:")]
    [InlineData("@a,b:u@c.test")]
    [InlineData("@a,,@b:u@c.test")]
    [InlineData("@a:@b:u@c.test")]
    [InlineData("@a:u@v@c.test")]
    [InlineData("@a\r\n:u@c.test")]
    [InlineData("@b\u00FCcher.example:u@c.test")]
    [InlineData("@a:postmaster")]
    [InlineData("alice")]
    [InlineData("<u@c.test>")]
    public void A_malformed_path_is_refused(string path)
    {
        Assert.False(ForwardPath.TryParse(path, smtpUtf8: false, out _));
        Assert.False(ReversePath.TryParse(path, smtpUtf8: false, out _));
    }

    [Fact]
    public void A_long_route_is_refused() =>
        Assert.False(ForwardPath.TryParse($"{string.Join(',', Enumerable.Repeat("@a", 30_000))}:u@c.test", smtpUtf8: false, out _));

    [Theory]
    [InlineData("postmaster")]
    [InlineData("Postmaster")]
    [InlineData("POSTMASTER")]
    public void Postmaster_needs_no_domain_as_recipient(string path)
    {
        Assert.True(ForwardPath.TryParse(path, smtpUtf8: false, out var forward));
        Assert.Equal("postmaster", forward.ToString());
        Assert.Equal(ForwardPath.Parse("postmaster"), forward);
        Assert.False(ReversePath.TryParse(path, smtpUtf8: false, out _));
    }

    [Fact]
    public void Local_submission_names_users_without_domain()
    {
        Assert.True(ForwardPath.TryParse("bob", smtpUtf8: false, out var bob, localPartOnly: true));
        Assert.True(bob.Mailbox.IsLocalPartOnly);
        Assert.True(ReversePath.TryParse("alice", smtpUtf8: false, out var alice, localPartOnly: true));
        Assert.Equal("alice", alice.ToString());
    }

    [Fact]
    public void Domains_compare_without_case_and_local_parts_exactly()
    {
        Assert.Equal(ForwardPath.Parse("Bob@X.test"), ForwardPath.Parse("Bob@x.TEST"));
        Assert.NotEqual(ForwardPath.Parse("Bob@x.test"), ForwardPath.Parse("bob@x.test"));
        Assert.Equal(ForwardPath.Parse("\"Bob\"@x.test").GetHashCode(), ForwardPath.Parse("Bob@x.test").GetHashCode());
    }
}
