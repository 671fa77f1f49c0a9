namespace Postoffice.EndToEnd.Tests;

/// <summary>What operators order for mail that waits, and how the runner obeys.</summary>
public sealed class OperatorActTests
{
    [Fact]
    public async Task Held_mail_stays_whatever_runq_says_and_goes_when_it_is_released()
    {
        await using var hop = new LaterHop();
        await using var site = new Site($"relay-host={hop.Place}", "retry=1h");
        await site.StartAsync();
        var id = await site.SendAsync("bob@remote.example");
        await site.TracedAsync(id, "Connection refused");

        Assert.Equal($"{id}: held\n", (await site.PostofficeAsync("hold", id, "--reason", "looks like spam")).Succeeded());
        await hop.StartAsync();
        Assert.DoesNotContain(id, (await site.RunAsync("runq", "-v")).Error);
        var named = await site.RunAsync("runq", "-I", id);
        Assert.Equal((0, "runq: Nothing that waits fits, or it is being tried already; what is held is not tried.\n"), (named.ExitCode, named.Error));
        Assert.Contains($"held by {Site.User}: looks like spam", await site.MailqAsync());
        Assert.Equal(1, (await site.TraceAsync(id)).CountOf("attempt-started.v1"));

        Assert.Equal($"{id}: released\n", (await site.PostofficeAsync("release", id, "--reason", "it is none")).Succeeded());

        var trace = await site.TracedAsync(id, "delivered");
        Assert.Matches($"(?s)message-held.v1\n    by {Site.User}: looks like spam\n.*message-released.v1\n    by {Site.User}: it is none\n", trace);
        Assert.Contains("Subject: for bob@remote.example", hop.Taken);
    }

    [Fact]
    public async Task Cancelled_mail_is_gone_and_nobody_is_told()
    {
        await using var hop = new LaterHop();
        await using var site = new Site($"relay-host={hop.Place}", "retry=1h");
        await site.StartAsync();
        var id = await site.SendAsync("bob@remote.example");
        await site.TracedAsync(id, "Connection refused");

        Assert.Equal($"{id}: cancelled: 1 recipient\n", (await site.PostofficeAsync("cancel", id, "--reason", "sent by mistake")).Succeeded());

        Assert.DoesNotContain(id, await site.MailqAsync());
        await hop.StartAsync();
        await site.RunAsync("runq", "-v");
        await site.SendAsync(Site.Address); // what comes after it has arrived, and nothing else
        Assert.Contains($"Subject: for {Site.Address}", Assert.Single(await site.MailAsync(1)));
        Assert.Equal("", hop.Taken);
        var trace = await site.TraceAsync(id);
        Assert.Contains($"message-cancelled.v1\n    by {Site.User}: sent by mistake\n    recipient 1: cancelled\n", trace);
        Assert.DoesNotContain("dsn-queued", trace);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Expired_mail_held_or_not_comes_back_to_its_sender(bool isHeld)
    {
        await using var hop = new LaterHop();
        await using var site = new Site($"relay-host={hop.Place}", "retry=1h");
        await site.StartAsync();
        var id = await site.SendAsync("bob@remote.example");
        await site.TracedAsync(id, "Connection refused");
        if (isHeld) (await site.PostofficeAsync("hold", id)).Succeeded();

        Assert.Equal($"{id}: expired: 1 recipient\n", (await site.PostofficeAsync("expire", id, "--reason", "that host is gone")).Succeeded());

        var bounce = Assert.Single(await site.MailAsync(1));
        Assert.StartsWith("Return-Path: <>", bounce);
        Assert.Contains($"It was expired by {Site.User}: that host is gone", bounce);
        Assert.Contains("Final-Recipient: rfc822; bob@remote.example\n", bounce);
        Assert.Contains("Action: failed\nStatus: 5.4.7\n", bounce);
        Assert.DoesNotContain(id, await site.MailqAsync());
        var trace = await site.TraceAsync(id);
        Assert.Contains($"recipient-expired.v1\n    by {Site.User}: that host is gone\n", trace);
        var notification = trace.Split("notification ")[1].Split(' ')[0];
        Assert.Contains($"of message/{id}", await site.TraceAsync(notification));
    }

    [Fact]
    public async Task Rerouted_mail_goes_to_the_other_next_hop_and_back_by_the_configuration_when_it_is_cleared()
    {
        await using var configured = new LaterHop();
        await using var backup = new LaterHop();
        await using var nobody = new LaterHop();
        await using var site = new Site($"relay-host={configured.Place}", "retry=1h");
        await site.StartAsync();
        await backup.StartAsync();
        var away = await site.SendAsync("away@remote.example");
        var back = await site.SendAsync("back@remote.example");
        await site.TracedAsync(away, "Connection refused");
        await site.TracedAsync(back, "Connection refused");

        Assert.Equal(
            $"{away}: goes to {backup.Place} from now on\n",
            (await site.PostofficeAsync("reroute", away, "--to", backup.Place, "--reason", "the other one is down")).Succeeded());
        Assert.Contains($"message-rerouted.v1\n    to {backup.Place} by {Site.User}: the other one is down\n", await site.TracedAsync(away, "delivered"));
        Assert.Contains("for away@remote.example", backup.Taken);
        Assert.DoesNotContain("for back@remote.example", backup.Taken);

        (await site.PostofficeAsync("reroute", back, "--to", nobody.Place)).Succeeded();
        await site.TracedAsync(back, $"{nobody.Place}): Connection refused");
        Assert.Contains($"goes to {nobody.Place}", await site.MailqAsync());
        await configured.StartAsync();
        Assert.Equal($"{back}: goes by the configuration again\n", (await site.PostofficeAsync("reroute", back, "--clear")).Succeeded());
        await site.TracedAsync(back, "delivered");
        Assert.Contains("for back@remote.example", configured.Taken);
    }

    [Fact]
    public async Task Of_several_ids_each_has_its_line_and_the_worst_is_the_exit_code()
    {
        await using var hop = new LaterHop();
        await using var site = new Site($"relay-host={hop.Place}", "retry=1h");
        await site.StartAsync();
        var one = await site.SendAsync("one@remote.example");
        var two = await site.SendAsync("two@remote.example");
        var gone = await site.SendAsync("gone@remote.example");
        (await site.PostofficeAsync("cancel", gone)).Succeeded();

        var text = await site.PostofficeAsync("hold", one, "000000000000", gone, one[..6], two);
        Assert.Equal($"{one}: held\n{two}: held\n2 of 5 messages changed\n", text.Output);
        Assert.Equal(
            $"""
            postoffice: 000000000000: is unknown: the journal has no such message
            postoffice: {gone}: is no longer in the queue
            postoffice: {one[..6]}: is not a queue id: these have 12 letters and digits

            """,
            text.Error);
        Assert.Equal(66, text.ExitCode);

        var json = await site.PostofficeAsync("hold", one, gone, "--json");
        Assert.Equal(
            $$"""
            {"queueId":"{{one}}","changed":false,"words":"is held already by {{Site.User}}","exitCode":0}
            {"queueId":"{{gone}}","changed":false,"words":"is no longer in the queue","exitCode":66}

            """,
            json.Output);
        Assert.Equal((66, ""), (json.ExitCode, json.Error));
    }

    [Fact]
    public async Task One_recipient_alone_is_cancelled_or_expired_and_the_others_go()
    {
        await using var hop = new LaterHop();
        await using var site = new Site($"relay-host={hop.Place}", "retry=1h");
        await site.StartAsync();
        var id = await site.SendAsync("one@remote.example", "two@remote.example", "three@remote.example");
        await Eventually.HoldsAsync(() => site.TraceAsync(id).Result.CountOf("Connection refused; next attempt") == 3, () => "three deferred recipients");

        Assert.Equal($"{id}: cancelled: 1 recipient\n", (await site.PostofficeAsync("cancel", id, "--recipient", "TWO@remote.example")).Succeeded());
        Assert.Equal($"{id}: expired: 1 recipient\n", (await site.PostofficeAsync("expire", id, "--recipient", "three@remote.example", "--reason", "has moved")).Succeeded());
        var nobody = await site.PostofficeAsync("expire", id, "--recipient", "four@remote.example");
        Assert.Equal((66, $"postoffice: {id}: has no recipient four@remote.example that waits\n"), (nobody.ExitCode, nobody.Error));

        var bounce = Assert.Single(await site.MailAsync(1));
        Assert.Contains("Final-Recipient: rfc822; three@remote.example\n", bounce);
        Assert.Contains($"It was expired by {Site.User}: has moved", bounce);
        Assert.DoesNotContain("two@remote.example\n", bounce.Split("Final-Recipient")[1]);
        await hop.StartAsync();
        (await site.RunAsync("runq", "-v")).Succeeded();
        Assert.Contains("<one@remote.example>", hop.Taken);
        Assert.DoesNotContain("<two@remote.example>", hop.Taken);
        Assert.DoesNotContain("<three@remote.example>", hop.Taken);
        Assert.Contains("is empty", await site.MailqAsync());
    }

    [Fact]
    public async Task What_mailq_lists_as_json_or_for_people_can_be_piped_into_an_act()
    {
        await using var hop = new LaterHop();
        await using var site = new Site($"relay-host={hop.Place}", "retry=1h");
        await site.StartAsync();
        var one = await site.SendAsync("one@remote.example");
        var two = await site.SendAsync("two@remote.example");
        await site.TracedAsync(one, "Connection refused");
        await site.TracedAsync(two, "Connection refused");

        var listed = (await site.RunAsync("mailq", "--json")).Succeeded();
        var held = await Outcome.OfAsync(Service.Program("postoffice"), ["hold", "-", "-C", site.Configuration], listed);
        Assert.Equal($"{one}: held\n{two}: held\n2 of 2 messages changed\n", held.Succeeded());

        var mixed = await Outcome.OfAsync(Service.Program("postoffice"), ["release", "-", "-C", site.Configuration], $"!{one}!\n\u001b[2Jrm\n{two}\n");
        Assert.Equal($"{one}: released\n{two}: released\n2 of 3 messages changed\n", mixed.Output);
        Assert.Equal((64, "postoffice: \\x1B[2Jrm: is not a queue id: these have 12 letters and digits\n"), (mixed.ExitCode, mixed.Error));
    }

    [Fact]
    public async Task Who_asks_a_runner_that_stands_still_is_told_within_seconds_what_he_waits_for()
    {
        await using var site = new Site();
        await site.StartListenerAsync();
        var runner = await site.StartRunnerAsync();
        runner.Signal("STOP");

        await using var asking = Service.Start(Service.Program("postoffice"), "hold", "000000000000", "-C", site.Configuration);
        await asking.SaysAsync($"{site.File("control/runner.sock")}: waiting for the service to answer, 60 s at most.");
        runner.Signal("CONT");

        Assert.Equal(66, await asking.EndAsync());
        await asking.SaysAsync("000000000000: is unknown: the journal has no such message");
    }

    [Fact]
    public async Task Without_a_runner_all_but_expiry_is_recorded_and_the_next_runner_obeys()
    {
        await using var hop = new LaterHop();
        await using var backup = new LaterHop();
        await using var site = new Site($"relay-host={hop.Place}");
        await hop.StartAsync();
        await backup.StartAsync();
        await site.StartListenerAsync();
        var held = await site.SendAsync("held@remote.example");
        var freed = await site.SendAsync("freed@remote.example");
        var cancelled = await site.SendAsync("cancelled@remote.example");
        var rerouted = await site.SendAsync("rerouted@remote.example");

        (await site.PostofficeAsync("hold", held, freed)).Succeeded();
        (await site.PostofficeAsync("release", freed)).Succeeded();
        (await site.PostofficeAsync("cancel", cancelled)).Succeeded();
        (await site.PostofficeAsync("reroute", rerouted, "--to", backup.Place)).Succeeded();
        var expire = await site.PostofficeAsync("expire", held);
        Assert.Equal((69, "postoffice: Only postoffice-runner can do that, since it tells the sender; it does not run.\n"), (expire.ExitCode, expire.Error));
        await site.StartRunnerAsync();

        await site.TracedAsync(freed, "delivered");
        await site.TracedAsync(rerouted, "delivered");
        Assert.Contains("for freed@", hop.Taken);
        Assert.Contains("for rerouted@", backup.Taken);
        await site.RunAsync("runq", "-v");
        Assert.All(new[] { held, cancelled }, id => Assert.DoesNotContain("attempt-started", site.TraceAsync(id).Result));
        Assert.DoesNotContain("for rerouted@", hop.Taken);
    }
}
