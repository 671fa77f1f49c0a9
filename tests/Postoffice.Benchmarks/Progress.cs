namespace Postoffice.Benchmarks;

/// <summary>Says on standard error how far a step is, every two seconds, so that nobody takes a long one for a hang.</summary>
internal static class Progress
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(2);

    public static void Say(string line) => Console.Error.WriteLine($"  {line}");

    /// <summary>Waits for <paramref name="step"/> and reports meanwhile.</summary>
    public static async Task FollowAsync(Task step, Func<string> soFar)
    {
        while (await Task.WhenAny(step, Task.Delay(Between, TimeProvider.System, CancellationToken.None)) != step) Say(soFar());
        await step;
    }
}
