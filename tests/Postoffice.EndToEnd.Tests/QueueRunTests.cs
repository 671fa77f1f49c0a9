namespace Postoffice.EndToEnd.Tests;

/// <summary>A next hop deferred mail and works again: what waits is tried at the operator's word, all of it or what he chooses.</summary>
public sealed class QueueRunTests
{
    [Theory]
    [InlineData("runq", "-R", "CHOSEN.example")]
    [InlineData("runq", "-S", "carol@")]
    [InlineData("sendmail", "-qRchosen.example")]
    [InlineData("sendmail", "-qScarol@")]
    public async Task Only_what_is_chosen_goes(string program, params string[] choice)
    {
        await using var hop = new LaterHop();
        await using var site = new Site($"relay-host={hop.Place}", "retry=1h");
        var (chosen, other) = await DeferredAsync(site);
        await hop.StartAsync();

        var run = await site.RunAsync(program, choice);

        Assert.Equal((0, "", ""), (run.ExitCode, run.Output, run.Error));
        await site.TracedAsync(chosen, "delivered");
        Assert.Equal(1, (await site.TraceAsync(other)).CountOf("attempt-started.v1"));
        Assert.DoesNotContain("other@", hop.Taken);
    }

    [Theory]
    [InlineData("runq", "-I", "")]
    [InlineData("sendmail", "-qI")]
    public async Task Only_the_message_of_that_id_goes(string program, params string[] choice)
    {
        await using var hop = new LaterHop();
        await using var site = new Site($"relay-host={hop.Place}", "retry=1h");
        var (chosen, other) = await DeferredAsync(site);
        await hop.StartAsync();

        (await site.RunAsync(program, [.. choice[..^1], choice[^1] + chosen])).Succeeded();

        await site.TracedAsync(chosen, "delivered");
        Assert.Equal(1, (await site.TraceAsync(other)).CountOf("attempt-started.v1"));
    }

    [Theory]
    [InlineData("runq")]
    [InlineData("sendmail", "-q")]
    public async Task Everything_goes(string program, params string[] arguments)
    {
        await using var hop = new LaterHop();
        await using var site = new Site($"relay-host={hop.Place}", "retry=1h");
        var (chosen, other) = await DeferredAsync(site);
        await hop.StartAsync();

        var run = await site.RunAsync(program, arguments);

        Assert.Equal((0, "", ""), (run.ExitCode, run.Output, run.Error));
        await site.TracedAsync(chosen, "delivered");
        await site.TracedAsync(other, "delivered");
        Assert.Contains("is empty", await site.MailqAsync());
    }

    [Fact]
    public async Task Verbose_it_ends_with_the_attempts_and_has_shown_what_was_said()
    {
        await using var hop = new LaterHop();
        await using var site = new Site($"relay-host={hop.Place}", "retry=1h");
        var (chosen, other) = await DeferredAsync(site);
        await hop.StartAsync();

        var run = await site.RunAsync("runq", "-v", "-R", "chosen.example");

        Assert.Contains("delivered", await site.TraceAsync(chosen)); // no waiting: it has ended
        Assert.Matches($"(?s)OPEN {chosen}\n.*<< EHLO mx.example.test\n.*<< RCPT TO:<to@chosen.example>.*>> 250 .*CLOSE {chosen}", run.Error);
        Assert.DoesNotContain(other, run.Error);
        Assert.Equal(0, run.ExitCode);
    }

    [Theory]
    [InlineData("runq", "-R", "nowhere.example")]
    [InlineData("runq", "-S", "nobody@")]
    [InlineData("runq", "-I", "000000000000")]
    [InlineData("sendmail", "-qRnowhere.example")]
    public async Task What_fits_nothing_is_said_and_is_no_failure(string program, params string[] choice)
    {
        await using var site = new Site();
        await site.StartRunnerAsync();

        var run = await site.RunAsync(program, choice);

        Assert.Equal((0, ""), (run.ExitCode, run.Output));
        Assert.Equal($"{program}: Nothing that waits fits, or it is being tried already; what is held is not tried.\n", run.Error);
    }

    [Theory]
    [InlineData("runq")]
    [InlineData("runq", "-v", "-R", "remote.example")]
    [InlineData("sendmail", "-q")]
    [InlineData("sendmail", "-qSalice")]
    public async Task Without_a_runner_there_is_nobody_to_ask(string program, params string[] arguments)
    {
        await using var site = new Site();

        var run = await site.RunAsync(program, arguments);

        Assert.Equal(69, run.ExitCode);
        Assert.StartsWith($"{program}: There is nobody to ask: postoffice-runner does not run (", run.Error);
    }

    /// <summary>Starts the services; a message to chosen.example from Carol, and another, were tried once in vain.</summary>
    private static async Task<(string Chosen, string Other)> DeferredAsync(Site site)
    {
        await site.StartAsync();
        var chosen = await site.SendAsync("to@chosen.example", "-f", "carol@example.test");
        var other = await site.SendAsync("other@remote.example");
        await site.TracedAsync(chosen, "Connection refused");
        await site.TracedAsync(other, "Connection refused");
        return (chosen, other);
    }
}
