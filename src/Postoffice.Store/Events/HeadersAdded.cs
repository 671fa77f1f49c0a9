using Postoffice.Store.Mail;

namespace Postoffice.Store.Events;

/// <summary>Header fields that go in front of the content whenever the message is sent, decided once. The content itself stays as it came.</summary>
/// <param name="Fields">In the order they stand in the message: Received first (RFC 5321 §4.4).</param>
/// <param name="HasHeader">Whether the content begins with a header of its own; without one an empty line goes between.</param>
public sealed record HeadersAdded(ValueList<HeaderField> Fields, bool HasHeader) : QueueEvent;
