namespace Postoffice.Benchmarks.Servers;

/// <summary>Who is compared.</summary>
internal sealed record Contender(string Name, Func<Delivery, CancellationToken, Task<MailServer>> StartAsync)
{
    /// <summary>Postfix, and us.</summary>
    public static IReadOnlyList<Contender> Both { get; } = [new("Postfix", PostfixServer.StartAsync), new("Postoffice", PostofficeServer.StartAsync)];

    /// <param name="benchmark">Who asks.</param>
    /// <exception cref="BenchmarkException">We are not root.</exception>
    public static void RequireRoot(string benchmark)
    {
        if (!Environment.IsPrivilegedProcess) throw new BenchmarkException($"{benchmark} needs root, as whom alone Postfix can be started");
    }
}
