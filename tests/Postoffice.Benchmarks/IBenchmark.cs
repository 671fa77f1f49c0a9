namespace Postoffice.Benchmarks;

/// <summary>One workload that is measured. It sets up what it needs in a throw-away folder, and leaves nothing behind.</summary>
internal interface IBenchmark
{
    /// <summary>What it is called on the command line.</summary>
    string Name { get; }

    /// <summary>One line: what is done, and which limit must hold.</summary>
    string Summary { get; }

    /// <summary>Measures in alternating runs.</summary>
    /// <param name="rounds">How often each of the compared cases is run; the median of them counts.</param>
    /// <param name="ct">Ends everything that was started.</param>
    Task<Finding> RunAsync(int rounds, CancellationToken ct);
}

/// <summary>What came out.</summary>
/// <param name="Table">Lines for people, a Markdown table.</param>
internal sealed record Finding(IReadOnlyList<string> Table, IReadOnlyList<Limit> Limits);

/// <summary>A promise about a figure.</summary>
/// <param name="Figure">What was measured, with its unit.</param>
/// <param name="Most">The largest value that keeps the promise.</param>
internal sealed record Limit(string Figure, double Measured, double Most)
{
    /// <summary>False also for what could not be measured (not a number).</summary>
    public bool Holds => Measured <= Most;

    public override string ToString() => $"{Figure} is {Measured:0.00}, at most {Most:0.00}: {(Holds ? "holds" : "BROKEN")}";
}
