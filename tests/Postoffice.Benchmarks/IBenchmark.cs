namespace Postoffice.Benchmarks;

/// <summary>One workload that is measured. It sets up what it needs in a throw-away folder, and leaves nothing behind.</summary>
internal interface IBenchmark
{
    /// <summary>What it is called on the command line.</summary>
    string Name { get; }

    /// <summary>One line: what is done, and which limit must hold.</summary>
    string Summary { get; }

    /// <summary>Takes minutes before the first run, however short that is.</summary>
    bool IsLongToPrepare => false;

    /// <summary>Measures in alternating runs.</summary>
    /// <param name="effort">How long and how often.</param>
    /// <param name="ct">Ends everything that was started.</param>
    Task<Finding> RunAsync(Effort effort, CancellationToken ct);
}

/// <summary>How much time a measurement takes.</summary>
/// <param name="Rounds">How often each of the compared cases is run; the median of them counts.</param>
/// <param name="Seconds">How long a run takes where that is free.</param>
/// <param name="WarmUp">Messages before each run, which tell how many it takes.</param>
internal sealed record Effort(int Rounds, int Seconds, int WarmUp)
{
    public static Effort Full { get; } = new(Rounds: 5, Seconds: 20, WarmUp: 2_000);

    public static Effort Quick { get; } = new(Rounds: 1, Seconds: 3, WarmUp: 1_000);

    /// <summary>Whether it is measured when nobody names any.</summary>
    public bool Includes(IBenchmark benchmark) => this != Quick || !benchmark.IsLongToPrepare;

    public override string ToString() => $"{(Rounds == 1 ? "one round" : $"medians of {Rounds} rounds")}, runs of about {Seconds} s";
}

/// <summary>What came out.</summary>
/// <param name="Table">Lines for people, a Markdown table.</param>
internal sealed record Finding(IReadOnlyList<string> Table, IReadOnlyList<Limit> Limits);

/// <summary>A promise about a figure.</summary>
/// <param name="Figure">What was measured, with its unit.</param>
/// <param name="Bound">The last value that keeps the promise.</param>
/// <param name="IsLeast">Whether more is better.</param>
/// <param name="Alternative">What keeps the promise as well; null when nothing does.</param>
internal sealed record Limit(string Figure, double Measured, double Bound, bool IsLeast = false, Limit? Alternative = null)
{
    public bool Holds => IsKept || Alternative is { Holds: true };

    /// <summary>False also for what could not be measured (not a number).</summary>
    private bool IsKept => IsLeast ? Measured >= Bound : Measured <= Bound;

    public static Limit AtMost(string figure, double measured, double most) => new(figure, measured, most);

    public static Limit AtLeast(string figure, double measured, double least) => new(figure, measured, least, IsLeast: true);

    public Limit Or(Limit alternative) => this with { Alternative = alternative };

    public override string ToString() => $"{Sentence()}{(Alternative is null ? "" : $", or {Alternative.Sentence()}")}: {(Holds ? "holds" : "BROKEN")}";

    private string Sentence() => $"{Figure} is {Measured:0.00}, at {(IsLeast ? "least" : "most")} {Bound:0.00}";
}
