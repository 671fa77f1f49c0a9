using Postoffice.Store.Events;
using Postoffice.Store.Log;
using Postoffice.Store.Mail;
using Postoffice.Testing;

namespace Postoffice.Store.Tests.Queries;

/// <summary>Messages put into a store by their facts.</summary>
internal sealed class Mails(TempStore temp)
{
    private readonly QueueIdSource ids = new(TimeProvider.System);

    public async Task<QueueId> AcceptAsync(string from, string to, long? uid = null)
    {
        var id = ids.Next();
        var recipients = to.Split(' ').Select((address, at) => new AcceptedRecipient(at + 1, ForwardPath.Parse(address))).ToValueList();
        await AppendAsync(id, new MessageAccepted(ReversePath.Parse(from), recipients, new MessageOrigin("LOCAL", Uid: uid), 100, new string('0', 64)), ExpectedVersion.NoStream);
        return id;
    }

    public Task EndAsync(QueueId id, int recipient, OutcomeKind result, string reply) => AppendAsync(
        id,
        new AttemptEnded(1, [new RecipientOutcome(recipient, result, Reply.Parse(reply), NextAttemptAt: result == OutcomeKind.Deferred ? DateTimeOffset.UnixEpoch.AddYears(80) : null)]));

    public async Task AppendAsync(QueueId id, QueueEvent fact, ExpectedVersion? expected = null) => Assert.IsType<AppendResult.Appended>(
        await temp.Store.Events.AppendAsync(new Append(StreamId.Message(id), expected ?? ExpectedVersion.Any, fact), TestContext.Current.CancellationToken));

    public async Task FollowAsync()
    {
        while (await temp.Store.Projections.CatchUpAsync(100, TestContext.Current.CancellationToken)) { }
    }
}
