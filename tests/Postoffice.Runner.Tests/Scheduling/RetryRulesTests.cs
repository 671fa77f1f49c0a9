using Postoffice.Runner.Scheduling;
using Postoffice.Store.Configuration;
using Postoffice.Store.Events;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;
using Postoffice.Testing;

namespace Postoffice.Runner.Tests.Scheduling;

/// <summary>Who waits how long.</summary>
public sealed class RetryRulesTests
{
    [Theory]
    [InlineData("451 4.7.1 try later", "2m")]
    [InlineData("450 4.2.0 <bob@example.test>: Recipient address rejected: Greylisted", "2m")]
    [InlineData("451 Graylisting in action", "2m")]
    [InlineData("451 4.3.0 try later", "5m")]
    [InlineData("421 4.7.1 too many connections", "5m")]
    [InlineData(null, "5m")]
    public void A_greylisted_recipient_is_tried_early(string? reply, string wait) => Assert.Equal(wait, Wait([], reply));

    [Theory]
    [InlineData("451 4.7.1 try later", "7m")]
    [InlineData("451 4.3.0 try later", "9m")]
    [InlineData(null, "8m")]
    public void What_went_wrong_has_a_schedule_of_its_own(string? reply, string wait) =>
        Assert.Equal(wait, Wait(["retry-greylist=7m", "retry-connect=8m", "retry=9m"], reply));

    [Theory]
    [InlineData("retry-for=example.test:3m", "3m")]
    [InlineData("retry-for=*.test:3m", "3m")]
    [InlineData("retry-for=*.example.test:3m", "8m")]
    public void A_destinations_own_schedule_goes_before(string setting, string wait) =>
        Assert.Equal(wait, Wait([setting, "retry-for=*:8m", "retry-connect=9m"], reply: null));

    private static string Wait(IReadOnlyList<string> lines, string? reply)
    {
        var settings = new Settings(null, [.. lines.Select((line, index) => Setting(line, index))], []);
        var recipient = new QueuedRecipient(new AcceptedRecipient(1, Cast.Bob), RecipientState.Trying, Attempts: 1, Cast.Noon);
        RecipientResult result = reply is null ? new RecipientResult.Unreached(1, "no route") : new RecipientResult.Refused(1, Reply.Parse(reply));
        var wait = RetryRules.From(settings).For(recipient, result).NextAttempt(1, Cast.Noon, spread: 0) - Cast.Noon;
        return $"{wait.TotalMinutes}m";
    }

    private static Setting Setting(string line, int index)
    {
        var equals = line.IndexOf('=', StringComparison.Ordinal);
        return new Setting(line[..equals], line[(equals + 1)..], $"test:{index + 1}");
    }
}
