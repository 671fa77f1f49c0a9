using System.Net;

namespace Postoffice.Runner.Resolution;

/// <summary>The addresses of a host.</summary>
internal abstract record AddressAnswer
{
    private AddressAnswer()
    {
    }

    /// <param name="All">IPv6 and IPv4 by turns, so that a family without a way out costs one try at most.</param>
    public sealed record Addresses(IReadOnlyList<IPAddress> All) : AddressAnswer;

    /// <summary>The DNS is sure that there are none.</summary>
    public sealed record None : AddressAnswer;

    /// <summary>Not known now.</summary>
    public sealed record ServerFailure(string Reason) : AddressAnswer;
}
