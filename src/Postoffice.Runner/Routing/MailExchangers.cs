using System.Net;
using System.Runtime.CompilerServices;
using Postoffice.Runner.Resolution;
using Postoffice.Store.Events;
using Postoffice.Store.Mail;

namespace Postoffice.Runner.Routing;

/// <summary>The hosts that take a domain's mail, by the DNS, in the order of RFC 5321 §5.1: by preference, by chance among equals.</summary>
/// <param name="self">Our name: mail for which we are the best exchanger left would come back to us.</param>
/// <param name="port">Where they listen; 25 but for tests.</param>
/// <param name="mayDial">Which addresses are dialled; <see cref="PublicAddresses"/> but for tests.</param>
internal sealed class MailExchangers(
    DnsQuestions dns, OwnEndpoints own, DomainName self, int port = NextHop.SmtpPort, Predicate<IPAddress>? mayDial = null)
{
    /// <summary>Exchangers looked up for one attempt, and addresses tried, at most.</summary>
    private const int MaxExchangers = 10, MaxAddresses = 10;

    private readonly Predicate<IPAddress> mayDial = mayDial ?? PublicAddresses.Contains;

    /// <summary>What to try, one after the other until one takes the mail; at least one. Hosts are looked up when their turn comes.</summary>
    public async IAsyncEnumerable<Candidate> FindAsync(DomainName domain, [EnumeratorCancellation] CancellationToken ct)
    {
        var answer = await dns.FindExchangersAsync(domain, ct);
        if (answer is not MxAnswer.Exchangers { All: { Count: > 0 } exchangers })
        {
            yield return Nowhere(domain, answer);
            yield break;
        }

        var tried = 0;
        var chosen = InOrder(exchangers);
        var resolved = chosen.Select(exchanger => new ResolvedHost(exchanger.Host.Value, exchanger.Preference)).ToValueList();
        foreach (var equals in chosen.GroupBy(exchanger => exchanger.Preference))
        {
            var found = await Task.WhenAll(equals.Select(async exchanger => (exchanger.Host, Answer: await dns.FindAddressesAsync(exchanger.Host, ct))));
            if (Array.Exists(found, IsOurselves))
            {
                // Ours and all behind it are for others to try: from us they would lead in a circle (RFC 5321 §5.1).
                if (tried == 0) yield return Loops(domain) with { Resolved = resolved };
                yield break;
            }
            foreach (var candidate in found.SelectMany(host => Candidates(host.Host, host.Answer)))
            {
                if (tried++ == MaxAddresses) yield break;
                yield return candidate with { Resolved = resolved };
            }
        }
    }

    private static List<Exchanger> InOrder(IReadOnlyList<Exchanger> exchangers)
    {
        var shuffled = exchangers.ToArray();
        Random.Shared.Shuffle(shuffled);
        return [.. shuffled.OrderBy(exchanger => exchanger.Preference).DistinctBy(exchanger => exchanger.Host).Take(MaxExchangers)];
    }

    private bool IsOurselves((DomainName Host, AddressAnswer Answer) exchanger) =>
        exchanger.Host == self
        || (exchanger.Answer is AddressAnswer.Addresses addresses && addresses.All.Any(address => own.Contains(address, port)));

    private IEnumerable<Candidate> Candidates(DomainName host, AddressAnswer answer) => answer switch
    {
        AddressAnswer.Addresses addresses when addresses.All.Any(mayDial.Invoke) =>
            addresses.All.Where(mayDial.Invoke).Select(address => new Candidate.Peer(host.Value, new IPEndPoint(address, port))),
        AddressAnswer.Addresses addresses => [LeadsHere(host, addresses.All[0])],
        AddressAnswer.None => [new Candidate.Refused(host.Value, new(5, 4, 4), $"{host} has no address")],
        AddressAnswer.ServerFailure failure => [new Candidate.Unreached(host.Value, $"{host} cannot be resolved: {failure.Reason}")],
        _ => throw new ArgumentOutOfRangeException(nameof(answer), answer, "no answer"),
    };

    private static Candidate Nowhere(DomainName domain, MxAnswer answer) => answer switch
    {
        MxAnswer.NullMx => new Candidate.Refused(domain.Value, new(5, 1, 10), $"{domain} accepts no mail (null MX)"), // RFC 7505 §5
        MxAnswer.NoDomain => new Candidate.Refused(domain.Value, new(5, 1, 2), $"there is no domain {domain}"),
        MxAnswer.Exchangers => new Candidate.Refused(domain.Value, new(5, 4, 4), $"no MX record of {domain} names a host"),
        MxAnswer.ServerFailure failure => new Candidate.Unreached(domain.Value, $"{domain} cannot be resolved: {failure.Reason}"),
        _ => throw new ArgumentOutOfRangeException(nameof(answer), answer, "no answer"),
    };

    private static Candidate.Refused LeadsHere(DomainName host, IPAddress address) =>
        new(host.Value, new(5, 4, 6), $"{host} has the address {address} by the DNS, which no host elsewhere has");

    private static Candidate.Refused Loops(DomainName domain) =>
        new(domain.Value, new(5, 4, 6), $"mail for {domain} loops back to us: the DNS says it is ours, local-domain= does not");
}
