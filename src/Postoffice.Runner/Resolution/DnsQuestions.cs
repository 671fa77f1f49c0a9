using System.Diagnostics.CodeAnalysis;
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
    /// <summary>Records taken of one answer, exchangers in their order: a hostile zone may hold thousands.</summary>
    private const int MaxRecords = 100;

    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan PerServer = TimeSpan.FromSeconds(4);

    /// <summary>Some 10 MB: 10,000 domains with a host each, or what hostile zones put in their place.</summary>
    private const int MaxKept = 40_000;

    private readonly AnswerCache cache;
    private readonly LookupClient client;
    private readonly ResiliencePipeline<DnsAnswer> pipeline;

    public DnsQuestions(IReadOnlyList<NameServer> servers, TimeProvider clock)
        : this(servers, PerServer, DnsPipeline.Build(Budget, clock), clock)
    {
    }

    internal DnsQuestions(IReadOnlyList<NameServer> servers, TimeSpan perServer, ResiliencePipeline<DnsAnswer> pipeline, TimeProvider clock)
    {
        this.pipeline = pipeline;
        cache = new AnswerCache(MaxKept, clock);
        client = new LookupClient(new LookupClientOptions([.. servers])
        {
            Timeout = perServer,
            Retries = 0, // the pipeline's business
            UseRandomNameServer = false,
            ContinueOnEmptyResponse = false,
            ExtendedDnsBufferSize = 1232, // unfragmented everywhere; longer answers come by TCP
            UseCache = false, // its cache grows without end
        });
    }

    public async ValueTask<MxAnswer> FindExchangersAsync(DomainName domain, CancellationToken ct) => await AskAsync(domain, QueryType.MX, ct) switch
    {
        DnsAnswer.Found { Records: [] } => new MxAnswer.Exchangers([new Exchanger(null, domain)]), // RFC 5321 §5.1: the implicit MX
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
        if (cache.Find(name, type) is { } kept) return kept;
        try
        {
            return await pipeline.ExecuteAsync(async token => await AskOnceAsync(name, type, token), ct);
        }
        catch (TimeoutRejectedException late)
        {
            return new DnsAnswer.Trouble($"no answer to {type} {name} within {late.Timeout.TotalSeconds:0} s");
        }
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "What the wire brings is hostile, and the library's parser says so in any way.")]
    private async Task<DnsAnswer> AskOnceAsync(DomainName name, QueryType type, CancellationToken ct)
    {
        try
        {
            var response = await client.QueryAsync($"{name}.", type, cancellationToken: ct);
            return response.Header.ResponseCode switch
            {
                DnsHeaderResponseCode.NoError => Found(name, type, response.Answers),
                DnsHeaderResponseCode.NotExistentDomain => new DnsAnswer.NoName(),
                var code => new DnsAnswer.Trouble($"the name server answers {code} to {type} {name}"),
            };
        }
        catch (Exception trouble) when (trouble is not OutOfMemoryException)
        {
            ct.ThrowIfCancellationRequested(); // which the library may tell as any of its own troubles
            return new DnsAnswer.Trouble(Words(trouble, $"{type} {name}"));
        }
    }

    /// <summary>In our own words: the library's hold the whole packet.</summary>
    private static string Words(Exception trouble, string question) => (trouble.InnerException ?? trouble) switch
    {
        SocketException socket => $"no answer to {question}: {socket.Message}",
        OperationCanceledException => $"no answer to {question} in time",
        _ => $"the answer to {question} cannot be read",
    };

    private DnsAnswer.Found Found(DomainName name, QueryType type, IReadOnlyList<DnsResourceRecord> answers)
    {
        var asked = answers.Where(answer => answer.RecordType == Type(type)).OrderBy(answer => answer is MxRecord mx ? mx.Preference : 0);
        var found = new DnsAnswer.Found([.. asked.Take(MaxRecords)]);
        if (answers.Count > 0) cache.Keep(name, type, found, TimeSpan.FromSeconds(answers.Min(answer => answer.InitialTimeToLive)));
        return found;
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
