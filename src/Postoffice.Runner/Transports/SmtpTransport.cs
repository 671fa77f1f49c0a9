using System.Diagnostics.CodeAnalysis;
using System.Net;
using Polly;
using Postoffice.Runner.Conversations;
using Postoffice.Runner.Pipelines;
using Postoffice.Runner.Routing;
using Postoffice.Runner.Scheduling;
using Postoffice.Store.Content;
using Postoffice.Store.Events;
using Postoffice.Store.Log;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Transports;

/// <summary>
/// To a next hop by SMTP. The intent is durable before anything is sent; a connection that is open already is used first, then every address
/// of the host in turn until one takes the mail for somebody, refuses it for good, or leaves us in doubt.
/// </summary>
internal sealed class SmtpTransport(
    IContentStore content, NextHops hops, IDialer dialer, SessionRules rules, IdleConnections idle, PhasePipelines phases, DomainName self, SwitchBoard board,
    TimeProvider clock) : ITransport
{
    private readonly ResiliencePipeline<Tried> exchangers = ExchangerPipeline.Build(clock);

    public async Task<AttemptReport?> DeliverAsync(Attempt attempt, CancellationToken ct)
    {
        var began = clock.GetTimestamp();
        if (await attempt.BeginAsync(new AttemptRoute(Transport.Smtp, attempt.Route.Destination!.Name), ct) is not { } begun) return null;
        var report = await ReportAsync(begun, ct);
        return report with { Took = clock.GetElapsedTime(began) };
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "The message is held with the outcome: nothing was sent.")]
    private async Task<AttemptReport> ReportAsync(Attempt attempt, CancellationToken ct)
    {
        var tried = new TriedHops();
        IPEndPoint? answered = null;
        try
        {
            if (await idle.TakeAsync(attempt.Route.Destination!.Name) is { } open)
            {
                open.Session.TellTo(board.Open(attempt.Message, open.EndPoint.Address.ToString()));
                var (report, isFinal) = await UseAsync(attempt, open, ct);
                if (isFinal) return report;
                // It may only have had enough of this connection, but what it says of recipients it would say again.
                if (report.Phase != "mail" && report.Results.All(result => result is RecipientResult.PutOff or RecipientResult.Refused { Reply.Code: not 421 }))
                {
                    tried.Add(report);
                    answered = open.EndPoint;
                }
            }
            await using var candidates = hops.FindAsync(attempt.Route, ct).GetAsyncEnumerator(ct);
            var last = await exchangers.ExecuteAsync(NextAsync, ct);
            return last.IsFinal ? last.Report : throw new OperationCanceledException(ct); // told to stop, Polly asks no other

            async ValueTask<Tried> NextAsync(CancellationToken token)
            {
                do
                {
                    if (tried.IsEnough || !await candidates.MoveNextAsync()) return new Tried(tried.Best, IsFinal: true);
                    tried.Resolved ??= candidates.Current.Resolved;
                }
                while (answered is not null && candidates.Current is Candidate.Peer { EndPoint: var peer } && peer.Equals(answered));

                var next = await TryAsync(attempt, candidates.Current, token);
                if (next.IsFinal) return next with { Report = tried.Before(next.Report) };
                tried.Add(next.Report);
                return next;
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return tried.Before(new AttemptReport(
                attempt.All(number => new RecipientResult.Interrupted(number, "the runner stopped before connecting"))));
        }
        catch (Exception surprise) when (surprise is not OutOfMemoryException)
        {
            return tried.Before(new AttemptReport(CutOff(attempt, null, surprise)) { IsOurTrouble = true, Surprise = surprise });
        }
    }

    /// <summary>One candidate. Not final is what another may mend.</summary>
    private async ValueTask<Tried> TryAsync(Attempt attempt, Candidate candidate, CancellationToken ct)
    {
        switch (candidate)
        {
            case Candidate.Peer peer:
                return await TryPeerAsync(attempt, peer, ct);
            case Candidate.Refused(var host, var status, var reason):
                board.Open(attempt.Message, host)?.Closed(reason);
                return new Tried(new AttemptReport(attempt.All(number => new RecipientResult.Failed(number, status, reason)), host, Phase: "connect"), false);
            case Candidate.Unreached(var host, var reason):
                board.Open(attempt.Message, host)?.Closed(reason);
                return new Tried(new AttemptReport(attempt.All(number => new RecipientResult.Unreached(number, reason)), host, Phase: "connect"), false);
            default:
                throw new ArgumentOutOfRangeException(nameof(candidate), candidate, "no candidate");
        }
    }

    private async Task<Tried> TryPeerAsync(Attempt attempt, Candidate.Peer candidate, CancellationToken ct)
    {
        var (host, peer) = candidate;
        var report = new AttemptReport([], host, peer.Address.ToString(), Phase: "connect");
        var conversation = board.Open(attempt.Message, peer.Address.ToString());
        var (line, refused) = await dialer.DialAsync(peer, ct);
        if (line is null)
        {
            conversation?.Closed(refused);
            return new Tried(report with { Results = attempt.All(number => new RecipientResult.Unreached(number, $"{host} ({peer}): {refused}")) }, false);
        }

        var session = new ClientSession(line.Stream, conversation);
        var opening = new Opening(session, phases, self, rules.For(attempt.Route, candidate, DialAgainAsync));
        Answer? early;
        try
        {
            early = await opening.RunAsync(ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            await session.DisposeAsync();
            return new Tried(Told(Stopped(attempt, null)), true);
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
        if (early is null) return await UseAsync(attempt, new PeerConnection(session, line, host, peer, opening.Offers), ct);
        await session.DisposeAsync();
        return new Tried(Told(attempt.All(number => Early(number, early))), opening.SpeaksForAll);

        AttemptReport Told(IReadOnlyList<RecipientResult> results) =>
            report with { Phase = opening.Phase, Tls = session.Tls, TlsTrouble = session.TlsTrouble, Results = results };

        async Task<(Stream? Connection, string? Reason)> DialAgainAsync(CancellationToken token)
        {
            var (another, reason) = await dialer.DialAsync(peer, token);
            if (another is null) return (null, reason);
            line = another;
            return (another.Stream, null);
        }
    }

    /// <summary>One transaction; the connection is kept for the next one if the peer allows.</summary>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "The message is held with the outcome, which is known here only.")]
    private async Task<Tried> UseAsync(Attempt attempt, PeerConnection connection, CancellationToken ct)
    {
        var session = connection.Session;
        var report = new AttemptReport([], connection.Host, connection.EndPoint.Address.ToString(), session.Tls, TlsTrouble: session.TlsTrouble);
        var isInStep = false; // the peer waits for MAIL
        var transaction = new SmtpTransaction(session, connection.Offers, phases, content, self, attempt.Message, attempt.Recipients);
        try
        {
            await using var octets = await MessageOctets.OpenAsync(content, attempt.Message, [], ct);
            if (octets is null) return new Tried(report with { Results = attempt.All(ContentGone) }, true);
            connection.Transactions++;
            var early = await transaction.RunAsync(octets, ct);
            var results = early is null ? transaction.Results : attempt.All(number => Early(number, early));
            isInStep = transaction.Phase == "done" || (session.IsUsable && await session.ResetAsync(phases.Quit, ct));
            return new Tried(Told(results), early is null && !results.All(IsForNow));
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return new Tried(Told(Stopped(attempt, transaction)), true);
        }
        catch (StoreUnavailableException trouble)
        {
            // The content is read before the final dot, which is not sent now: the peer drops what it has (RFC 5321 §4.1.1.4).
            return new Tried(Told(Unread(attempt, transaction, trouble)) with { IsOurTrouble = true }, true);
        }
        catch (Exception surprise) when (surprise is not OutOfMemoryException)
        {
            return new Tried(Told(CutOff(attempt, transaction, surprise)) with { IsOurTrouble = true, Surprise = surprise }, true);
        }
        finally
        {
            session.TellTo(null);
            if (isInStep) idle.Put(attempt.Route.Destination!.Name, connection);
            else await connection.DisposeAsync();
        }

        AttemptReport Told(IReadOnlyList<RecipientResult> results) => report with { Phase = transaction.Phase, Results = results };
    }

    private static IReadOnlyList<RecipientResult> Stopped(Attempt attempt, SmtpTransaction? transaction) => CutOff(
        attempt, transaction, "the runner stopped", number => new RecipientResult.Interrupted(number, "the runner stopped in the middle of the session"));

    private static IReadOnlyList<RecipientResult> Unread(Attempt attempt, SmtpTransaction transaction, StoreUnavailableException trouble) =>
        CutOff(attempt, transaction, $"the content cannot be read now: {trouble.Message}");

    private static IReadOnlyList<RecipientResult> CutOff(Attempt attempt, SmtpTransaction? transaction, Exception surprise) =>
        CutOff(attempt, transaction, OutcomeRecorder.Unprocessable(surprise));

    /// <summary>Who has a result keeps it. After the final dot only the peer knows about the others; before it, it has nothing of theirs.</summary>
    private static IReadOnlyList<RecipientResult> CutOff(Attempt attempt, SmtpTransaction? transaction, string why, Func<int, RecipientResult>? rest = null)
    {
        var settled = transaction?.Results.ToDictionary(result => result.Recipient) ?? [];
        rest ??= number => new RecipientResult.Unreached(number, why);
        return attempt.All(number => settled.GetValueOrDefault(number)
            ?? (transaction?.Phase == "dot" ? new RecipientResult.InDoubt(number, $"{why} before the answer to the final dot") : rest(number)));
    }

    /// <summary>Another exchanger may take it at once: this one may be in trouble for days.</summary>
    private static bool IsForNow(RecipientResult result) => result is RecipientResult.Unreached or RecipientResult.PutOff or RecipientResult.Refused { Reply.IsTransient: true };

    private static RecipientResult ContentGone(int number) =>
        new RecipientResult.Failed(number, new(5, 3, 0), "the content of this message is no longer there");

    private static RecipientResult Early(int number, Answer answer) => answer switch
    {
        Answer.Said(var reply) => Refusal.Of(number, reply),
        Answer.Unfit(var status, var reason) => new RecipientResult.Failed(number, status, reason),
        Answer.Lost(var reason) => new RecipientResult.Unreached(number, reason),
        _ => throw new ArgumentOutOfRangeException(nameof(answer), answer, "no answer"),
    };
}
