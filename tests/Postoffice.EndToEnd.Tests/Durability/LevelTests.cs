namespace Postoffice.EndToEnd.Tests.Durability;

/// <summary>A soak sees what grows, and nothing in what comes and goes.</summary>
public sealed class LevelTests
{
    [Fact]
    public void What_grows_steadily_rises_by_a_third_of_its_growth() => Assert.Equal(30, Level.RiseOf([.. Enumerable.Range(0, 90).Select(at => 1_000L + at)]));

    [Fact]
    public void What_comes_and_goes_does_not_rise() => Assert.Equal(0, Level.RiseOf([.. Enumerable.Range(0, 90).Select(at => 1_000L + at % 10)]));

    [Fact]
    public void What_warms_up_does_not_rise() => Assert.Equal(0, Level.RiseOf([.. Enumerable.Range(0, 90).Select(at => 1_000L + Math.Min(at, 45))]));

    [Fact]
    public void What_began_to_grow_late_rises() => Assert.Equal(20, Level.RiseOf([.. Enumerable.Range(0, 90).Select(at => 1_000L + Math.Max(0, at - 69))]));
}
