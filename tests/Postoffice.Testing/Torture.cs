using System.Globalization;

namespace Postoffice.Testing;

/// <summary>How long a test of chance goes on: a few rounds with all the others, or as long as <c>scripts/torture</c> says.</summary>
public sealed class Torture
{
    /// <summary>Set by <c>scripts/torture</c>: minutes for each test.</summary>
    private const string Minutes = "POSTOFFICE_TORTURE_MINUTES";

    private static readonly TimeSpan? Limit =
        double.TryParse(Environment.GetEnvironmentVariable(Minutes), CultureInfo.InvariantCulture, out var minutes) ? TimeSpan.FromMinutes(minutes) : null;

    private readonly long began = TimeProvider.System.GetTimestamp();

    /// <summary>Where chance begins. Told when a test fails, so that it can be taken again.</summary>
    public int Seed { get; } = Random.Shared.Next();

    /// <summary>Whether <c>scripts/torture</c> runs us.</summary>
    public bool IsLong => Limit is not null;

    /// <summary>Rounds done.</summary>
    public int Rounds { get; private set; }

    /// <summary>One more round.</summary>
    /// <param name="usually">Rounds among all the other tests.</param>
    /// <param name="most">Rounds of a torture, if its time allows.</param>
    /// <returns>False when it is enough.</returns>
    public bool GoesOn(int usually, int most)
    {
        var isEnough = Limit is { } limit ? Rounds >= most || TimeProvider.System.GetElapsedTime(began) >= limit : Rounds >= usually;
        if (!isEnough) Rounds++;
        return !isEnough;
    }
}
