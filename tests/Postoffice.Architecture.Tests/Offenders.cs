using Xunit;

namespace Postoffice.Architecture.Tests;

/// <summary>What breaks a rule: the failure names every one of them in full, so that it can be mended at once.</summary>
internal static class Offenders
{
    public static void None<T>(IEnumerable<T> found)
    {
        var named = string.Join("\n  ", found);
        Assert.True(named.Length == 0, $"these break the rule:\n  {named}");
    }
}
