using System.Net;
using Postoffice.Runner.Pipelines;
using Postoffice.Runner.Transports.Tls;
using Postoffice.Store.Mail;

namespace Postoffice.Runner.Transports;

/// <summary>
/// The beginning of a connection: greeting, EHLO or HELO (RFC 5321 §3.1, §3.2), then as the terms demand STARTTLS (RFC 3207) and AUTH. Mail
/// transactions follow, one or many.
/// </summary>
internal sealed class Opening(ClientSession session, PhasePipelines phases, DomainName self, SessionTerms terms)
{
    /// <summary>The host takes no mail, ever (RFC 7504). Any other 5yz in the greeting may be a list that has us by mistake: mail waits.</summary>
    private const int NoMailHost = 521;

    private SecurityOffers security = new(StartTls: false, []);

    /// <summary>How far it came; see <see cref="Store.Events.AttemptEnded"/>.</summary>
    public string Phase { get; private set; } = "greeting";

    /// <summary>What the peer offers, once <see cref="RunAsync"/> answered null.</summary>
    public PeerExtensions Offers { get; private set; }

    /// <summary>Whether what <see cref="RunAsync"/> answered holds for every other address of the host.</summary>
    public bool SpeaksForAll { get; private set; }

    /// <returns>Null when the peer takes transactions; else what it said or did: another address may do better.</returns>
    /// <exception cref="OperationCanceledException">We are told to stop.</exception>
    public async Task<Answer?> RunAsync(CancellationToken ct) =>
        await GreetAsync(ct) ?? await SecureAsync(ct) ?? await AuthenticateAsync(ct);

    private async Task<Answer?> GreetAsync(CancellationToken ct)
    {
        Phase = "greeting";
        var greeting = await session.HearAsync(phases.Greeting, ct);
        return greeting switch
        {
            Answer.Said({ Code: 220 }) => await HelloAsync(ct),
            Answer.Said({ IsPermanent: true, Code: not NoMailHost } refusal) => session.GiveUp($"{terms.Host}: {PrintableText.Escape(refusal.ToString())}"),
            _ => greeting,
        };
    }

    /// <summary>Also after a handshake: what was said in the clear is forgotten (RFC 3207 §4.2).</summary>
    private async Task<Answer?> HelloAsync(CancellationToken ct)
    {
        Phase = "ehlo";
        (Offers, security) = (default, new SecurityOffers(StartTls: false, []));
        var hello = await session.AskAsync($"EHLO {self}", phases.Greeting, ct);
        if (hello is Answer.Said({ IsPositive: true } offers))
        {
            (Offers, security) = (PeerExtensions.Of(offers), SecurityOffers.Of(offers));
            return null;
        }
        if (hello is Answer.Said({ IsPermanent: true })) hello = await session.AskAsync($"HELO {self}", phases.Greeting, ct); // RFC 5321 §3.2
        return hello is Answer.Said({ IsPositive: true }) ? null : hello;
    }

    private async Task<Answer?> SecureAsync(CancellationToken ct)
    {
        if (terms.Policy is TlsPolicy.None || (terms.Policy is TlsPolicy.May && !security.StartTls)) return null;
        Phase = "tls";
        if (!security.StartTls) return session.GiveUp(Demanded("it does not offer STARTTLS"));

        var trouble = await session.AskAsync("STARTTLS", phases.Tls, ct) switch
        {
            Answer.Said({ Code: 220 }) => null,
            Answer.Said(var refusal) => $"STARTTLS was refused: {PrintableText.Escape(refusal.ToString())}",
            Answer.Lost(var reason) => $"no reply to STARTTLS: {reason}",
            var answer => throw new InvalidOperationException($"{answer} is no answer"),
        };
        if (session.HasSaidTooMuch) return session.GiveUp("the peer went on in the clear behind its reply to STARTTLS: somebody may be in between");

        if (trouble is null)
        {
            var handshake = terms.Tls.Handshake(terms.Host, terms.Policy, out var check);
            if (await session.SecureAsync(handshake, judged: check is not null, phases.Tls, ct) is not { } failed) return await HelloAsync(ct);
            trouble = check?.Defect ?? $"the TLS handshake failed: {failed.Reason}";
        }
        return terms.Policy is TlsPolicy.May ? await GoOnInTheClearAsync(trouble, ct) : session.GiveUp(Demanded(trouble));
    }

    /// <summary>Once, and over another connection: this one's state is anybody's guess.</summary>
    private async Task<Answer?> GoOnInTheClearAsync(string trouble, CancellationToken ct)
    {
        var (connection, refused) = await terms.Dial(ct);
        if (connection is null) return session.GiveUp($"{trouble}; then in the clear: {refused}");
        await session.BeginAgainAsync(connection, trouble);
        return await GreetAsync(ct);
    }

    private async Task<Answer?> AuthenticateAsync(CancellationToken ct)
    {
        if (terms.Credentials is not { } credentials) return null;
        Phase = "auth";
        // A peer on this machine may have the password in the clear, but not where something has just kept TLS from coming to be.
        var mayTellPassword = session.Tls is not null || (IPAddress.IsLoopback(terms.Address) && session.TlsTrouble is null);
        var authentication = new Authentication(session, credentials, phases.Greeting);
        var refused = await authentication.RunAsync(security.Mechanisms, mayTellPassword, ct);
        SpeaksForAll = authentication.IsRefusedForGood;
        return refused is null ? null : session.GiveUp($"{terms.Host}: {refused}");
    }

    private string Demanded(string trouble) => $"{terms.Host}: {trouble} (tls-policy is {terms.Policy.ToString().ToLowerInvariant()})";
}
