using Postoffice.Store.Events;
using Postoffice.Store.Queue;
using Xunit;

namespace Postoffice.Testing;

/// <summary>Given facts, when something is asked, then this follows. The first fact is recorded at noon, each next one a second later.</summary>
public static class QueueScene
{
    public static Given Given(params QueueEvent[] facts) => new(facts);

    public static MessageAccepted Accepted(params AcceptedRecipient[] recipients) => new(
        Cast.Alice,
        recipients.Length == 0 ? [new AcceptedRecipient(1, Cast.Bob)] : recipients.ToValueList(),
        new MessageOrigin("ESMTP", "192.0.2.1", "client.example.net"),
        Size: 100,
        Sha256: new string('0', 64));
}

/// <summary>A message as its facts tell it.</summary>
public sealed class Given(IReadOnlyList<QueueEvent> facts)
{
    public QueuedMessage Message { get; } = QueuedMessage.Fold(Cast.Message, facts.Select((fact, index) => new RecordedEvent(
        100 + index, StreamId.Message(Cast.Message), index + 1, EventCatalogue.NameOf(fact), fact, null, Cast.Noon.AddSeconds(index))))!;

    public When<T> When<T>(Func<QueuedMessage, T> asked) => new(asked(Message));
}

/// <summary>What followed.</summary>
public sealed class When<T>(T followed)
{
    public void Then(T expected) => Assert.Equal(expected, followed);

    public void ThenNothing() => Assert.Null(followed);

    public void Then(Action<T> judged) => judged(followed);
}
