using Postoffice.Store.Mail;

namespace Postoffice.Runner.Resolution;

/// <summary>Where the DNS says that a domain's mail goes (RFC 5321 §5.1).</summary>
internal abstract record MxAnswer
{
    private MxAnswer()
    {
    }

    /// <param name="All">In no order; the domain itself with preference 0 when it has no MX record. Empty when none names a host.</param>
    public sealed record Exchangers(IReadOnlyList<Exchanger> All) : MxAnswer;

    /// <summary>The domain takes no mail (RFC 7505).</summary>
    public sealed record NullMx : MxAnswer;

    public sealed record NoDomain : MxAnswer;

    /// <summary>Not known now.</summary>
    public sealed record ServerFailure(string Reason) : MxAnswer;
}

/// <param name="Preference">The lowest is tried first.</param>
internal sealed record Exchanger(int? Preference, DomainName Host);
