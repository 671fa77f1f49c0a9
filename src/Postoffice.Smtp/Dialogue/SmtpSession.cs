using System.Buffers;
using System.IO.Pipelines;
using Microsoft.Extensions.Logging;
using Postoffice.Smtp.Grammar;
using Postoffice.Smtp.Intake;
using Postoffice.Smtp.Listening;
using Postoffice.Smtp.Verbs;
using Postoffice.Store.Events;
using Postoffice.Store.Mail;
using Postoffice.Store.Wire;

namespace Postoffice.Smtp.Dialogue;

/// <summary>One connection, from greeting to goodbye: reads commands, asks the table, lets verbs answer.</summary>
internal sealed class SmtpSession : IAsyncDisposable
{
    private const int MostDiscarded = 64 * 1024;
    private readonly ListenerServices services;
    private readonly VerbTable verbs;
    private SessionState state = SessionState.Connected;
    private string? helo;
    private bool extended, cut;
    private readonly ClientConduct conduct = new();

    public SmtpSession(IDuplexPipe pipe, ClientPeer peer, ListenerServices services, VerbTable verbs)
    {
        this.services = services;
        this.verbs = verbs;
        Peer = peer;
        Wire = new SessionWire(pipe, services.LeaveSocketThread, services.Clock);
        Rules = services.Rules.Current;
    }

    public ClientPeer Peer { get; }
    public SessionWire Wire { get; }

    /// <summary>Those in force when the session or its transaction began.</summary>
    public ListenerRules Rules { get; private set; }

    /// <summary>Null outside a transaction.</summary>
    public MailTransaction? Transaction { get; private set; }

    /// <summary>Protocol version and cipher suite; null in the clear.</summary>
    public string? Tls { get; private set; }

    public bool MayStartTls => Tls is null && Peer.Caller is null && Rules.Certificate is not null;

    /// <summary>A cron job's long line must not be lost; from the network the RFC's limit holds.</summary>
    public int MaxLineOctets => Peer.Caller is not null || Rules.Options.MaxLineOctets == 0 ? int.MaxValue : Rules.Options.MaxLineOctets;

    /// <param name="implicitTls">TLS comes before the greeting (RFC 8314 §3.3).</param>
    public async Task RunAsync(bool implicitTls)
    {
        if (implicitTls && !await SecureAsync()) return;
        Wire.Write(Replies.Greeting(Rules.Options.HostName));
        while (state != SessionState.Closing)
        {
            Wire.Allow(Rules.Options.CommandTimeout, Transaction?.ContentDeadline);
            if (await StepAsync() is { } reply) Wire.Write(reply);
            if (Wire.IsHeavy && !await Wire.FlushAsync()) Cut(); // who sends without end and reads nothing fills no memory
            if (conduct.Errors >= Rules.Options.MaxErrors && state != SessionState.Closing) Wire.Write(Ended(Replies.TooManyErrors));
        }
        if (!cut) await Wire.FlushAsync();
    }

    public void Greet(string name, bool isExtended) => (helo, extended) = (name, isExtended);

    public void BeginTransaction(MailArguments mail) => Transaction = new MailTransaction(mail);

    /// <summary>Forgets the transaction as a whole; the next one sees the rules in force by then.</summary>
    public async ValueTask EndTransactionAsync()
    {
        if (Transaction is { } ended) await ended.DisposeAsync();
        Transaction = null;
        Rules = services.Rules.Current;
    }

    public ContentIntake NewContent()
    {
        var id = services.Ids.Next();
        return new ContentIntake(id, services.Content.Stage(id), services.Space, Rules.Options) { Lines = new ContentScanner(MaxLineOctets) };
    }

    /// <param name="content">Null to read past what does not count.</param>
    public ContentReader ReaderInto(ContentIntake? content)
    {
        var deadline = Deadline.In(Rules.Options.MessageTimeout, services.Clock);
        if (content is not null) deadline = Transaction!.ContentDeadline ??= deadline; // one for all chunks of a message
        return new ContentReader(Wire, content, Rules.Options.DataTimeout, deadline, services.Clock);
    }

    public Submission Submission() =>
        new(Transaction!.Mail, Transaction.Recipients.ToValueList(), Origin(), Peer.Caller);

    public void CloseAfterReply() => state = SessionState.Closing;

    /// <summary>Ends the session without another word.</summary>
    public void Cut()
    {
        cut = true;
        state = SessionState.Closing;
    }

    /// <summary>The wait for content ended otherwise than with content.</summary>
    public Reply EndInContent(WireRead read) => Ended(read == WireRead.TimedOut ? Replies.TimedOut : Replies.ContentInterrupted);

    /// <summary>Begins TLS and forgets what was said in the clear (RFC 3207 §4.2).</summary>
    /// <returns>False when the handshake failed: the connection is of no further use.</returns>
    public async ValueTask<bool> SecureAsync()
    {
        var secured = await TlsPipe.AcceptAsync(Wire.Pipe, Rules, services.Clock, services.Log, $"{Peer}");
        if (secured is null) return false;
        Wire.Replace(secured);
        Tls = secured.Description;
        (helo, extended, state) = (null, false, SessionState.Connected);
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        Wire.Dispose();
        try
        {
            await EndTransactionAsync();
        }
        finally
        {
            if (Tls is not null) await ((TlsPipe)Wire.Pipe).DisposeAsync();
        }
    }

    private async ValueTask<Reply?> StepAsync()
    {
        while (true)
        {
            if (!Wire.TryRead())
            {
                var read = await Wire.ReadAsync(untilStop: true);
                if (read == WireRead.TimedOut) return Ended(Replies.TimedOut);
                if (read == WireRead.Stopping) return Ended(Replies.Stopping);
                if (read == WireRead.Ended) Cut();
                if (read != WireRead.Octets) return null;
            }
            var buffer = Wire.Buffer;
            var found = LineReader.TryRead(ref buffer, Rules.Options.MaxCommandOctets, out var line);
            if (found == LineRead.Incomplete)
            {
                Wire.Advance(buffer.Start, buffer.End);
                continue;
            }
            if (found != LineRead.Whole) return await RefuseLineAsync(found);
            var command = CommandLine.Parse(line);
            Wire.Advance(buffer.Start, buffer.Start);
            var before = Transaction?.Extent ?? 0;
            var reply = await AnswerAsync(command);
            if (command.Verb is VerbName.Data or VerbName.Bdat && Transaction is null && reply is { IsPositive: true }) conduct.Renew();
            else conduct.Count(reply, fruitful: Transaction?.Extent > before);
            return reply == Replies.Stopping ? Ended(reply) : reply; // of the store: 421 is the last word (RFC 5321 §4.2.2)
        }
    }

    private async ValueTask<Reply?> AnswerAsync(CommandLine command)
    {
        try
        {
            var verb = verbs[command.Verb];
            if (command.Arguments is not { } arguments)
            {
                if (command.Verb is VerbName.Bdat) CloseAfterReply(); // a chunk follows, and nobody knows how long it is
                return command.Verb is VerbName.Unknown ? Replies.UnknownVerb : Replies.NotText;
            }
            if (DialogueTable.Next(state, command.Verb) is not { } next) return await verb.RefuseAsync(arguments, this);
            var reply = await verb.HandleAsync(arguments, this);
            if (reply is { IsPositive: true } && state != SessionState.Closing) state = next;
            if (Transaction is null && state is SessionState.SenderGiven or SessionState.RecipientGiven or SessionState.ContentBegun) state = SessionState.Greeted;
            return reply;
        }
        catch (Exception surprise)
        {
            ListenerLog.SessionSurprised(services.Log, $"{Peer}", surprise);
            // Inside content nobody knows where the next command begins: to go on would be to take text for commands.
            return command.Verb is VerbName.Data or VerbName.Bdat or VerbName.StartTls ? Ended(Replies.LostTrack) : Replies.LocalError;
        }
    }

    /// <summary>One broken line is one refusal: what is left of it is dropped up to the next true CRLF.</summary>
    private async ValueTask<Reply?> RefuseLineAsync(LineRead defect)
    {
        var refusal = defect switch
        {
            LineRead.TooLong => Replies.LineTooLong,
            LineRead.Nul => Replies.NulInLine,
            _ => Replies.BareLineEnd,
        };
        conduct.Count(refusal, fruitful: false);
        Wire.Write(refusal);
        for (long discarded = 0; ;)
        {
            var buffer = Wire.Buffer;
            var ended = LineReader.TrySkip(ref buffer, out var dropped);
            discarded += dropped;
            Wire.Advance(buffer.Start, ended ? buffer.Start : buffer.End);
            if (discarded > MostDiscarded) return Ended(Replies.TooManyErrors);
            if (ended) return null;
            if (Wire.TryRead()) continue;
            var read = await Wire.ReadAsync(untilStop: true);
            if (read == WireRead.TimedOut) return Ended(Replies.TimedOut);
            if (read == WireRead.Stopping) return Ended(Replies.Stopping);
            if (read == WireRead.Ended) Cut();
            if (read != WireRead.Octets) return null;
        }
    }

    private Reply Ended(Reply reply)
    {
        ListenerLog.SessionEnded(services.Log, $"{Peer}", reply);
        state = SessionState.Closing;
        return reply;
    }

    private MessageOrigin Origin() =>
        new(Protocol(), Peer.Address?.ToString(), helo, Tls, Peer.Caller?.Uid);

    /// <summary>The word of RFC 3848, and of RFC 6531 §4.3 when SMTPUTF8 was asked for.</summary>
    private string Protocol() => (Peer.Caller, extended, Tls, Transaction!.Mail.SmtpUtf8) switch
    {
        (not null, _, _, _) => "LOCAL",
        (_, false, _, _) => "SMTP",
        (_, _, null, false) => "ESMTP",
        (_, _, null, true) => "UTF8SMTP",
        (_, _, _, false) => "ESMTPS",
        (_, _, _, true) => "UTF8SMTPS",
    };
}
