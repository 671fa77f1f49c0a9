using Microsoft.Extensions.Logging;
using Postoffice.Smtp.Intake;
using Postoffice.Smtp.Listening;
using Postoffice.Store.Content;
using Postoffice.Store.Mail;

namespace Postoffice.Smtp;

/// <summary>What every session works with, composed once at start.</summary>
internal sealed record ListenerServices(
    RulesInForce Rules, IContentStore Content, Acceptance Acceptance, FreeSpace Space, QueueIdSource Ids, TimeProvider Clock, ILogger Log)
{
    /// <summary>Awaited before what may block, and where a session would never come to wait.</summary>
    public Func<ValueTask> LeaveSocketThread { get; init; } = SocketThreads.LeaveAsync;
}
