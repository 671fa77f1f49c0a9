using Postoffice.Smtp.Dialogue;
using Postoffice.Smtp.Grammar;
using Postoffice.Store.Events;

namespace Postoffice.Smtp.Intake;

/// <summary>Everything about a message but its content.</summary>
/// <param name="Recipients">Numbered from 1.</param>
/// <param name="Caller">The local user who handed it in; null for the network.</param>
internal sealed record Submission(
    MailArguments Mail, ValueList<AcceptedRecipient> Recipients, MessageOrigin Origin, LocalCaller? Caller);
