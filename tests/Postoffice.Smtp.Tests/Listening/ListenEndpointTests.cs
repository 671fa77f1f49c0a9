using Postoffice.Smtp.Listening;
using Postoffice.Store.Configuration;

namespace Postoffice.Smtp.Tests.Listening;

public sealed class ListenEndpointTests
{
    [Theory]
    [InlineData("127.0.0.1:2525")]
    [InlineData("*:25")]
    [InlineData("[::]:25")]
    [InlineData("[2001:db8::1]:465,tls,submission")]
    [InlineData("0.0.0.0:587,submission")]
    [InlineData("unix:/run/postoffice/submit.sock")]
    public void A_door_reads_back_as_it_was_written(string text)
    {
        Assert.True(ListenEndpoint.TryParse(text, out var endpoint));
        Assert.Equal(text, endpoint.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("25")]
    [InlineData(":25")]
    [InlineData("localhost:25")]
    [InlineData("127.1:25")]
    [InlineData("127.0.0.1:65536")]
    [InlineData("127.0.0.1:-1")]
    [InlineData("127.0.0.1:25,ssl")]
    [InlineData("::1:25")]
    [InlineData("[127.0.0.1]:25")]
    [InlineData("unix:submit.sock")]
    public void Anything_else_is_refused(string text) => Assert.False(ListenEndpoint.TryParse(text, out _));

    [Fact]
    public void Without_a_setting_it_is_port_25_everywhere_and_the_submission_socket() =>
        Assert.Equal(["*:25", "unix:/run/postoffice/submit.sock"], ListenEndpoint.AllOf(Settings.Empty).Select(endpoint => endpoint.ToString()));
}
