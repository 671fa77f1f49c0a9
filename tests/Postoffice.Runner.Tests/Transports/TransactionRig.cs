using System.Net;
using System.Net.Sockets;
using Postoffice.Runner.Pipelines;
using Postoffice.Runner.Transports;
using Postoffice.Store.Events;
using Postoffice.Store.Queue;
using Postoffice.Testing;

namespace Postoffice.Runner.Tests.Transports;

/// <summary>One mail transaction with a peer that has said its greeting and its reply to EHLO.</summary>
internal sealed class TransactionRig : IDisposable
{
    public const string Ok = "250 2.0.0 ok";
    public const string Go = "354 go";
    public const string Pipelining = "250-peer\r\n250 PIPELINING";

    private readonly TempStore temp = new();

    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The results of the last transaction.</summary>
    public IReadOnlyList<RecipientResult> Results { get; private set; } = [];

    public string Phase { get; private set; } = "";

    /// <summary>Why the last session was of no more use; null when it was not, or when replies tell.</summary>
    public string? Lost { get; private set; }

    public void Dispose() => temp.Dispose();

    /// <param name="accepted">Changes the message as accepted: from Alice to Bob and Carol.</param>
    /// <returns>A word for each recipient, or "early" and the word for all: see <see cref="Told"/>.</returns>
    public async Task<string> RunAsync(
        ScriptedPeer peer, Func<MessageAccepted, MessageAccepted>? accepted = null, byte[]? content = null, string[]? to = null)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, peer.Port, TestContext.Current.CancellationToken);
        return await RunAsync(new NetworkStream(socket), accepted, content, to);
    }

    /// <inheritdoc cref="RunAsync(ScriptedPeer, Func{MessageAccepted, MessageAccepted}?, byte[], string[])"/>
    public async Task<string> RunAsync(
        Stream connection, Func<MessageAccepted, MessageAccepted>? accepted = null, byte[]? content = null, string[]? to = null, PhasePipelines? phases = null)
    {
        var ct = TestContext.Current.CancellationToken;
        var id = await temp.Store.AcceptAsync(ct, content, to ?? ["bob@example.test", "carol@example.test"]);
        var message = QueuedMessage.Fold(id, await temp.Store.Events.ReadAsync(StreamId.Message(id), 0, ct))!;
        if (accepted is not null)
        {
            var changed = accepted(message.Accepted);
            message = message with
            {
                Accepted = changed,
                Recipients = message.Recipients.SetItems(changed.Recipients.Select(recipient =>
                    KeyValuePair.Create(recipient.Number, message.Recipients[recipient.Number] with { Accepted = recipient }))),
            };
        }

        phases ??= new PhasePipelines(
            new PhaseTimeouts { Greeting = Patience, Mail = Patience, Rcpt = Patience, Data = Patience, Content = Patience, Dot = Patience }, TimeProvider.System);
        await using var session = new ClientSession(connection);
        await session.HearAsync(phases.Greeting, ct);
        var hello = Assert.IsType<Answer.Said>(await session.AskAsync("EHLO mx.example.test", phases.Greeting, ct));
        var transaction = new SmtpTransaction(
            session, PeerExtensions.Of(hello.Reply), phases, temp.Store.Content, RunnerRig.Self, message, [.. message.Recipients.Values]);
        await using var octets = (await MessageOctets.OpenAsync(temp.Store.Content, message, [], ct))!;
        var early = await transaction.RunAsync(octets, ct);
        (Results, Phase) = (transaction.Results, transaction.Phase);
        Lost = early is Answer.Lost(var reason) ? reason : Results.Select(Reason).FirstOrDefault(words => words is not null);
        return early switch
        {
            null => string.Join(' ', Results.OrderBy(result => result.Recipient).Select(Told)),
            Answer.Said(var reply) => $"early {reply.Code}",
            Answer.Unfit(var status, _) => $"unfit {status}",
            _ => "early lost",
        };
    }

    private static string? Reason(RecipientResult result) => result switch
    {
        RecipientResult.Unreached(_, var reason) => reason,
        RecipientResult.InDoubt(_, var reason) => reason,
        _ => null,
    };

    /// <summary>What became of a recipient, in a word.</summary>
    public static string Told(RecipientResult result) => result switch
    {
        RecipientResult.Delivered => "delivered",
        RecipientResult.Refused(_, var reply) => $"{reply.Code}",
        RecipientResult.PutOff(_, _, _, var reply) => $"put-off {reply?.Code}",
        RecipientResult.Failed(_, var status, _) => $"{status}",
        RecipientResult.Unreached => "unreached",
        RecipientResult.InDoubt => "in-doubt",
        _ => "interrupted",
    };
}
