namespace Postoffice.Benchmarks;

/// <summary>The figure in the middle: one odd run does not move it.</summary>
internal static class Median
{
    public static double Of<T>(IReadOnlyList<T> runs, Func<T, double> figure)
    {
        var sorted = runs.Select(figure).Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
