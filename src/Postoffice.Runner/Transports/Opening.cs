using Postoffice.Runner.Pipelines;
using Postoffice.Store.Mail;

namespace Postoffice.Runner.Transports;

/// <summary>The beginning of a connection: greeting, and EHLO or HELO (RFC 5321 §3.1, §3.2). Mail transactions follow, one or many.</summary>
internal sealed class Opening(ClientSession session, PhasePipelines phases, DomainName self)
{
    /// <summary>How far it came; see <see cref="Store.Events.AttemptEnded"/>.</summary>
    public string Phase { get; private set; } = "greeting";

    /// <summary>What the peer offers, once <see cref="RunAsync"/> answered null.</summary>
    public PeerExtensions Offers { get; private set; }

    /// <returns>Null when the peer takes transactions; else what it said or did: another address may do better.</returns>
    /// <exception cref="OperationCanceledException">We are told to stop.</exception>
    public async Task<Answer?> RunAsync(CancellationToken ct)
    {
        var greeting = await session.HearAsync(phases.Greeting, ct);
        if (greeting is not Answer.Said({ Code: 220 })) return greeting;

        Phase = "ehlo";
        var hello = await session.AskAsync($"EHLO {self}", phases.Greeting, ct);
        if (hello is Answer.Said({ IsPermanent: true })) hello = await session.AskAsync($"HELO {self}", phases.Greeting, ct); // RFC 5321 §3.2
        if (hello is not Answer.Said({ IsPositive: true } offers)) return hello;
        Offers = PeerExtensions.Of(offers);
        return null;
    }
}
