using System.Collections.Frozen;

namespace Postoffice.Store.Events;

/// <summary>
/// The names of facts on disk. They are for ever: a type may be renamed, its stored name may not; a new shape is a new name
/// and an upcast at reading. A golden file pins this list.
/// </summary>
public static class EventCatalogue
{
    private static readonly FrozenDictionary<string, Type> Types = new Dictionary<string, Type>(StringComparer.Ordinal)
    {
        ["message-accepted.v1"] = typeof(MessageAccepted), // add lines; never change or reuse one
        ["headers-added.v1"] = typeof(HeadersAdded),
        ["attempt-started.v1"] = typeof(AttemptStarted),
        ["attempt-ended.v1"] = typeof(AttemptEnded),
        ["recipient-expired.v1"] = typeof(RecipientExpired),
        ["dsn-queued.v1"] = typeof(DsnQueued),
        ["message-held.v1"] = typeof(MessageHeld),
        ["message-released.v1"] = typeof(MessageReleased),
        ["message-cancelled.v1"] = typeof(MessageCancelled),
        ["message-rerouted.v1"] = typeof(MessageRerouted),
        ["content-purged.v1"] = typeof(ContentPurged),
        ["facts-purged.v1"] = typeof(FactsPurged),
        ["drop-imported.v1"] = typeof(DropImported),
        ["circuit-opened.v1"] = typeof(CircuitOpened),
        ["circuit-closed.v1"] = typeof(CircuitClosed),
        ["configuration-loaded.v1"] = typeof(ConfigurationLoaded),
        ["wait-shortened.v1"] = typeof(WaitShortened),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<Type, string> Names = Types.ToFrozenDictionary(pair => pair.Value, pair => pair.Key);

    /// <summary>Stored names in alphabetical order.</summary>
    public static IEnumerable<string> All => Types.Keys.Order(StringComparer.Ordinal);

    public static string NameOf(QueueEvent fact) => Names[fact.GetType()];

    /// <summary>Null for a name this version does not know: written by a newer one, or not by us.</summary>
    public static Type? TypeOf(string name) => Types.GetValueOrDefault(name);
}
