using DnsClient.Protocol;

namespace Postoffice.Runner.Resolution;

/// <summary>What the DNS said to one question.</summary>
internal abstract record DnsAnswer
{
    private DnsAnswer()
    {
    }

    /// <param name="Records">Of the type asked for, aliases followed; empty when the name has none of it.</param>
    public sealed record Found(IReadOnlyList<DnsResourceRecord> Records) : DnsAnswer;

    /// <summary>There is no such name (NXDOMAIN).</summary>
    public sealed record NoName : DnsAnswer;

    /// <summary>Not known now: no answer, SERVFAIL, or one that makes no sense. Never a reason to fail mail for good.</summary>
    public sealed record Trouble(string Reason) : DnsAnswer;
}
