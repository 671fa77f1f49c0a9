using Postoffice.Store.Configuration;

namespace Postoffice.Runner.Tests;

/// <summary>Every setting of the runner takes the ends of its range, and refuses what is beyond with a sentence that names it.</summary>
public sealed class RunnerOptionsTests
{
    [Theory]
    [InlineData("retry", "1s", "7d")]
    [InlineData("retry-connect", "1s", "7d")]
    [InlineData("retry-greylist", "1s", "7d")]
    [InlineData("retry-for", "*:1s", "*.example.test:7d,1s")]
    [InlineData("qreturn", "1s", "365d")]
    [InlineData("delay-warning", "0", "365d")]
    [InlineData("messages-in-flight", "10", "100000")]
    [InlineData("local-deliveries", "1", "120")]
    [InlineData("mailbox-deliveries", "1", "100")]
    [InlineData("sessions", "1", "10000")]
    [InlineData("sessions-per-host", "1", "1000")]
    [InlineData("stop-wait", "0s", "10m")]
    [InlineData("smtp-connect-timeout", "1s", "1h")]
    [InlineData("smtp-greeting-timeout", "1s", "1h")]
    [InlineData("smtp-tls-timeout", "1s", "1h")]
    [InlineData("smtp-mail-timeout", "1s", "1h")]
    [InlineData("smtp-rcpt-timeout", "1s", "1h")]
    [InlineData("smtp-data-timeout", "1s", "1h")]
    [InlineData("smtp-content-timeout", "1s", "1h")]
    [InlineData("smtp-dot-timeout", "1s", "1h")]
    [InlineData("smtp-quit-timeout", "1s", "1h")]
    [InlineData("smtp-transaction-timeout", "1m", "1d")]
    [InlineData("in-doubt", "retry", "hold")]
    public void A_value_within_its_range_is_taken(string name, string least, string most)
    {
        _ = RunnerOptions.From(Of(name, least));
        _ = RunnerOptions.From(Of(name, most));
    }

    [Theory]
    [InlineData("retry", "0s")]
    [InlineData("retry", "5m,8d")]
    [InlineData("retry", "")]
    [InlineData("retry", "5m,,5m")]
    [InlineData("retry", "soon")]
    [InlineData("retry-connect", "0s")]
    [InlineData("retry-greylist", "")]
    [InlineData("retry-for", "5m,10m")]
    [InlineData("retry-for", "a b:5m")]
    [InlineData("retry-for", "*:soon")]
    [InlineData("delay-warning", "366d")]
    [InlineData("bounce-size", "some")]
    [InlineData("qreturn", "0")]
    [InlineData("qreturn", "366d")]
    [InlineData("qreturn", "3 days")]
    [InlineData("in-doubt", "maybe")]
    [InlineData("in-doubt", "")]
    [InlineData("in-doubt", null)]
    [InlineData("messages-in-flight", "9")]
    [InlineData("messages-in-flight", "100001")]
    [InlineData("messages-in-flight", "many")]
    [InlineData("local-deliveries", "0")]
    [InlineData("local-deliveries", "121")]
    [InlineData("mailbox-deliveries", "0")]
    [InlineData("mailbox-deliveries", "101")]
    [InlineData("sessions", "0")]
    [InlineData("sessions", "10001")]
    [InlineData("sessions", "4294967297")]
    [InlineData("sessions", "99999999999999999999")]
    [InlineData("sessions-per-host", "0")]
    [InlineData("sessions-per-host", "1001")]
    [InlineData("sessions-per-host", "-1")]
    [InlineData("stop-wait", "601s")]
    [InlineData("stop-wait", "-1s")]
    [InlineData("smtp-connect-timeout", "0s")]
    [InlineData("smtp-connect-timeout", "61m")]
    [InlineData("smtp-greeting-timeout", "0s")]
    [InlineData("smtp-greeting-timeout", "61m")]
    [InlineData("smtp-tls-timeout", "0s")]
    [InlineData("smtp-tls-timeout", "61m")]
    [InlineData("smtp-mail-timeout", "0s")]
    [InlineData("smtp-mail-timeout", "61m")]
    [InlineData("smtp-rcpt-timeout", "0s")]
    [InlineData("smtp-rcpt-timeout", "61m")]
    [InlineData("smtp-data-timeout", "0s")]
    [InlineData("smtp-data-timeout", "61m")]
    [InlineData("smtp-content-timeout", "0s")]
    [InlineData("smtp-content-timeout", "61m")]
    [InlineData("smtp-dot-timeout", "0s")]
    [InlineData("smtp-dot-timeout", "61m")]
    [InlineData("smtp-quit-timeout", "0s")]
    [InlineData("smtp-quit-timeout", "61m")]
    [InlineData("smtp-quit-timeout", "99999999999999999999d")]
    [InlineData("smtp-transaction-timeout", "59s")]
    [InlineData("smtp-transaction-timeout", "25h")]
    [InlineData("keep-content", "-1")]
    [InlineData("keep-history", "yesterday")]
    public void A_value_beyond_its_range_is_refused_with_a_sentence(string name, string? value)
    {
        var refused = Assert.Throws<SettingException>(() => RunnerOptions.From(Of(name, value)));

        Assert.Contains("test:7", refused.Message);
        Assert.Contains(name, refused.Message);
        Assert.Matches("expected|must be", refused.Message);
    }

    private static Settings Of(string name, string? value) => new(null, [new Setting(name, value, "test:7")], []);
}
