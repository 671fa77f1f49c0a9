using System.Text.Json;

namespace Postoffice.EndToEnd.Tests;

/// <summary>Mail put into a site's queue, and what its own programs say of it.</summary>
internal static class SiteQueue
{
    /// <summary>Starts both services; the site stops them.</summary>
    /// <returns>The runner.</returns>
    public static async Task<Service> StartAsync(this Site site)
    {
        await site.StartListenerAsync();
        return await site.StartRunnerAsync();
    }

    /// <summary>Submits a message of the site's user to somebody who has got none from it before.</summary>
    /// <returns>Its queue id.</returns>
    public static async Task<string> SendAsync(this Site site, string recipient, params string[] arguments)
    {
        (await site.SendmailAsync($"Subject: for {recipient}\n\nthe body\n", ["-f", Site.Address, .. arguments, recipient])).Succeeded();
        var found = (await site.PostofficeAsync("history", "--json", "--to", recipient)).Succeeded();
        using var entry = JsonDocument.Parse(Assert.Single(found.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
        return entry.RootElement.GetProperty("queueId").GetString()!;
    }

    /// <summary>Every fact of a message, in words.</summary>
    public static async Task<string> TraceAsync(this Site site, string id) => (await site.PostofficeAsync("trace", id)).Succeeded();

    /// <summary>Waits until the facts of a message say <paramref name="words"/>; answers all of them.</summary>
    public static Task<string> TracedAsync(this Site site, string id, string words)
    {
        var trace = "";
        return Eventually.HoldsAsync(
            () => trace = site.TraceAsync(id).Result, seen => seen.Contains(words, StringComparison.Ordinal), seen => seen, () => $"'{words}' in\n{trace}");
    }

    /// <summary>How often a text has words.</summary>
    public static int CountOf(this string text, string words) => text.Split(words).Length - 1;

    public static async Task<string> MailqAsync(this Site site) => (await site.RunAsync("mailq")).Succeeded();
}
