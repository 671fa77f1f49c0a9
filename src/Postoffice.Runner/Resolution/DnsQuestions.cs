using System.Net;
using System.Net.Sockets;
using DnsClient;
using DnsClient.Protocol;
using Polly;
using Polly.Timeout;
using Postoffice.Runner.Pipelines;
using Postoffice.Store.Mail;

namespace Postoffice.Runner.Resolution;

/// <summary>The two questions that routing asks. Answers are kept as long as their TTL says, an hour at most; trouble is not kept.</summary>
internal sealed class DnsQuestions
{
    /// <summary>Records taken of one answer: a hostile zone may hold thousands.</summary>
    private const int MaxRecords = 100;

    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan PerServer = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan LongestKept = TimeSpan.FromHours(1);

    private readonly LookupClient client;
    private readonly ResiliencePipeline<DnsAnswer> pipeline;

    public DnsQuestions(IReadOnlyList<NameServer> servers, TimeProvider clock)
        : this(servers, PerServer, DnsPipeline.Build(Budget, clock))
    {
    }

    internal DnsQuestions(IReadOnlyList<NameServer> servers, TimeSpan perServer, ResiliencePipeline<DnsAnswer> pipeline)
    {
        this.pipeline = pipeline;
        client = new LookupClient(new LookupClientOptions([.. servers])
        {
            Timeout = perServer,
            Retries = 0, // the pipeline's business
            UseRandomNameServer = false,
            ContinueOnEmptyResponse = false,
            ExtendedDnsBufferSize = 1232, // unfragmented everywhere; longer answers come by TCP
            MaximumCacheTimeout = LongestKept,
        });
    }

    public async ValueTask<MxAnswer> FindExchangersAsync(DomainName domain, CancellationToken ct) => await AskAsync(domain, QueryType.MX, ct) switch
    {
        DnsAnswer.Found { Records: [] } => new MxAnswer.Exchangers([new Exchanger(0, domain)]), // RFC 5321 §5.1: the implicit MX
        DnsAnswer.Found { Records: [MxRecord { Exchange.Value: "." }] } => new MxAnswer.NullMx(),
        DnsAnswer.Found found => new MxAnswer.Exchangers([.. found.Records.OfType<MxRecord>().Select(Named).OfType<Exchanger>()]),
        DnsAnswer.NoName => new MxAnswer.NoDomain(),
        DnsAnswer.Trouble trouble => new MxAnswer.ServerFailure(trouble.Reason),
        _ => throw new InvalidOperationException("no answer"),
    };

    public async ValueTask<AddressAnswer> FindAddressesAsync(DomainName host, CancellationToken ct)
    {
        var six = AskAsync(host, QueryType.AAAA, ct);
        var four = await AskAsync(host, QueryType.A, ct);
        DnsAnswer[] answers = [await six, four];
        var addresses = ByTurns(Addresses(answers[0]), Addresses(answers[1]));
        if (addresses.Count > 0) return new AddressAnswer.Addresses(addresses); // one family is enough to try
        return answers.OfType<DnsAnswer.Trouble>().FirstOrDefault() is { } trouble
            ? new AddressAnswer.ServerFailure(trouble.Reason)
            : new AddressAnswer.None();
    }

    private async Task<DnsAnswer> AskAsync(DomainName name, QueryType type, CancellationToken ct)
    {
        try
        {
            return await pipeline.ExecuteAsync(async token => await AskOnceAsync(name, type, token), ct);
        }
        catch (TimeoutRejectedException late)
        {
            return new DnsAnswer.Trouble($"no answer to {type} {name} within {late.Timeout.TotalSeconds:0} s");
        }
    }

    private async Task<DnsAnswer> AskOnceAsync(DomainName name, QueryType type, CancellationToken ct)
    {
        try
        {
            var response = await client.QueryAsync($"{name}.", type, cancellationToken: ct);
            return response.Header.ResponseCode switch
            {
                DnsHeaderResponseCode.NoError => new DnsAnswer.Found([.. response.Answers.Where(answer => answer.RecordType == Type(type)).Take(MaxRecords)]),
                DnsHeaderResponseCode.NotExistentDomain => new DnsAnswer.NoName(),
                var code => new DnsAnswer.Trouble($"the name server answers {code} to {type} {name}"),
            };
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception trouble) when (trouble is DnsResponseException or DnsResponseParseException or DnsXidMismatchException
            or SocketException or IOException or OperationCanceledException or ArgumentException or InvalidOperationException)
        {
            // What the wire brings is hostile, and the library's parser says so in many ways.
            return new DnsAnswer.Trouble($"no usable answer to {type} {name}: {(trouble.InnerException as SocketException ?? trouble).Message}");
        }
    }

    private static ResourceRecordType Type(QueryType type) => (ResourceRecordType)type;

    /// <summary>Null for what is no host name, such as an address: RFC 5321 §5.1 asks for a name.</summary>
    private static Exchanger? Named(MxRecord record) =>
        DomainName.TryParse(record.Exchange.Value, out var host) ? new Exchanger(record.Preference, host) : null;

    private static List<IPAddress> Addresses(DnsAnswer answer) =>
        answer is DnsAnswer.Found found ? [.. found.Records.OfType<AddressRecord>().Select(record => record.Address)] : [];

    private static List<IPAddress> ByTurns(List<IPAddress> six, List<IPAddress> four)
    {
        var all = new List<IPAddress>(six.Count + four.Count);
        for (var i = 0; i < Math.Max(six.Count, four.Count); i++)
        {
            if (i < six.Count) all.Add(six[i]);
            if (i < four.Count) all.Add(four[i]);
        }
        return all;
    }
}
