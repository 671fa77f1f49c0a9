namespace Postoffice.Benchmarks.NextHops;

/// <summary>What dead next hops are like: some refuse the connection, the others do not answer at all.</summary>
/// <param name="Refusing">How many refuse.</param>
/// <param name="LeastOpen">How many at the least fail often enough, while the measurement runs, for their circuit to open.</param>
internal sealed record Sickness(int Refusing, int LeastOpen)
{
    public override string ToString() => Refusing == 0 ? "they do not answer" : $"{World.Dead - Refusing} do not answer, {Refusing} refuse";
}
