namespace Postoffice.EndToEnd.Tests;

/// <summary>
/// Waits for what another process brings about. There is no signal to wait for across processes, so it looks again and again; the limit only
/// says when to call it a failure, and no result depends on it.
/// </summary>
public static class Eventually
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(20);

    public static async Task<TResult> HoldsAsync<T, TResult>(Func<T> look, Func<T, bool> holds, Func<T, TResult> answer, Func<string> expected)
    {
        var clock = TimeProvider.System;
        var began = clock.GetTimestamp();
        while (true)
        {
            var seen = look();
            if (holds(seen)) return answer(seen);
            if (clock.GetElapsedTime(began) > Limit) Assert.Fail($"after {Limit.TotalSeconds} s there are not: {expected()}");
            await Task.Delay(Between, clock, TestContext.Current.CancellationToken);
        }
    }

    public static Task HoldsAsync(Func<bool> holds, Func<string> expected) => HoldsAsync(holds, held => held, held => held, expected);
}
