using Postoffice.Store.Mail;

namespace Postoffice.Store.Events;

/// <summary>Facts were deleted from the journal; recorded in the same transaction that deleted them.</summary>
/// <param name="Messages">Messages whose every fact is gone.</param>
/// <param name="Facts">How many facts.</param>
/// <param name="Reason">The setting or act that asked for it.</param>
/// <param name="By">Who: a service's name or a user's.</param>
public sealed record FactsPurged(ValueList<QueueId> Messages, int Facts, string Reason, string By) : QueueEvent;
