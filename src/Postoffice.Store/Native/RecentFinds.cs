using System.Collections.Concurrent;

namespace Postoffice.Store.Native;

/// <summary>
/// What a search found, remembered for 5 s: a name service may open thirty files, or ask another host, for each user of each message. What was not
/// found is looked for again each time, so a new user has mail at once.
/// </summary>
/// <param name="find">The search; null for what is not there.</param>
public sealed class RecentFinds<T>(TimeProvider clock, Func<string, T?> find) where T : class
{
    private const int Capacity = 1_000; // of those who get mail just now
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(5);
    private readonly ConcurrentDictionary<string, (T Found, long At)> recent = new();

    public T? Find(string name)
    {
        if (recent.TryGetValue(name, out var known) && clock.GetElapsedTime(known.At) < Lifetime) return known.Found;
        recent.TryRemove(name, out _);
        if (find(name) is not { } found) return null;
        if (recent.Count >= Capacity) recent.Clear();
        recent[name] = (found, clock.GetTimestamp());
        return found;
    }
}
