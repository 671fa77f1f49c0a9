using System.Diagnostics.CodeAnalysis;
using Postoffice.Store.Mail;

namespace Postoffice.Store.Events;

/// <summary>Names the facts of one thing in the order they happened: <c>message/0123456789AB</c>, <c>service/smtpd</c>, <c>operator</c>.</summary>
public readonly record struct StreamId
{
    private const string MessagePrefix = "message/";
    private const string DestinationPrefix = "destination/";

    public string Name { get; }

    public StreamId(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Name = name;
    }

    /// <summary>Acts on the whole system: purges, configuration, operators' deeds.</summary>
    public static readonly StreamId Operator = new("operator");

    public static StreamId Message(QueueId id) => new(MessagePrefix + id);

    /// <summary>The import of one file of the drop directory; one version at most, so it is taken in once.</summary>
    public static StreamId Drop(string fileName) => new("drop/" + fileName);

    /// <summary>Where mail goes: a domain, or <c>host:port</c> of a configured next hop.</summary>
    public static StreamId Destination(string name) => new(DestinationPrefix + name);

    /// <summary>What a service says of itself, such as the configuration it runs with.</summary>
    public static StreamId Service(string name) => new("service/" + name);

    public bool TryGetMessage(out QueueId id)
    {
        id = default;
        return Name.StartsWith(MessagePrefix, StringComparison.Ordinal) && QueueId.TryParse(Name.AsSpan(MessagePrefix.Length), out id);
    }

    public bool TryGetDestination([NotNullWhen(true)] out string? name)
    {
        name = Name.StartsWith(DestinationPrefix, StringComparison.Ordinal) ? Name[DestinationPrefix.Length..] : null;
        return name is not null;
    }

    public override string ToString() => Name;
}
