namespace Postoffice.EndToEnd.Tests.Durability;

/// <summary>
/// Whether a series of samples levels off. Its first third is for warming up; from then on its highest point gets no higher. What comes and goes
/// (a collector's heap, a file with free pages) is judged by its highest points, since between them it may be anywhere.
/// </summary>
internal static class Level
{
    /// <summary>By how much the last third rises above the second one; zero or less for a level one.</summary>
    public static long RiseOf(IReadOnlyList<long> series) => Last(series).Max() - Second(series).Max();

    /// <summary>The highest point of the second third.</summary>
    public static long HeightOf(IReadOnlyList<long> series) => Second(series).Max();

    public static IEnumerable<T> Last<T>(IReadOnlyList<T> series) => series.Skip(series.Count * 2 / 3);

    private static IEnumerable<long> Second(IReadOnlyList<long> series) => series.Take(series.Count * 2 / 3).Skip(series.Count / 3);
}
