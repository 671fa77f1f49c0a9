using Microsoft.Extensions.Time.Testing;
using Postoffice.Store.Native;

namespace Postoffice.Store.Tests.Native;

public sealed class RecentFindsTests
{
    private readonly FakeTimeProvider clock = new();
    private readonly Dictionary<string, string> source = new() { ["bob"] = "one" };
    private readonly RecentFinds<string> finds;
    private int asked;

    public RecentFindsTests() => finds = new RecentFinds<string>(clock, name =>
    {
        asked++;
        return source.GetValueOrDefault(name);
    });

    [Fact]
    public void What_was_found_is_known_for_five_seconds()
    {
        Assert.Equal("one", finds.Find("bob"));
        source["bob"] = "two";

        clock.Advance(TimeSpan.FromSeconds(4.9));
        Assert.Equal("one", finds.Find("bob"));
        Assert.Equal(1, asked);

        clock.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal("two", finds.Find("bob"));
    }

    [Fact]
    public void What_was_not_found_is_looked_for_again()
    {
        Assert.Null(finds.Find("alice"));
        source["alice"] = "new";

        Assert.Equal("new", finds.Find("alice"));
    }

    [Fact]
    public void However_many_names_are_found_memory_has_a_bound_and_answers_stay_right()
    {
        for (var number = 0; number < 5_000; number++) source[$"u{number}"] = $"{number}";

        for (var number = 0; number < 5_000; number++) Assert.Equal($"{number}", finds.Find($"u{number}"));
        var before = asked;
        Assert.Equal("0", finds.Find("u0"));
        Assert.Equal(before + 1, asked);
    }
}
