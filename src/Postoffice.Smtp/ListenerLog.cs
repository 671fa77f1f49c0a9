using Microsoft.Extensions.Logging;
using Postoffice.Store.Log;
using Postoffice.Store.Mail;

namespace Postoffice.Smtp;

/// <summary>Every log line of the listener. 2000 to 2999. Text from outside is escaped by the log itself, line by line.</summary>
internal static partial class ListenerLog
{
    [LoggerMessage(2001, LogLevel.Information, "{QueueId} accepted from=<{From}> recipients={Recipients} octets={Octets} by {Protocol} client={Client}")]
    public static partial void Accepted(ILogger log, QueueId queueId, ReversePath from, int recipients, long octets, string protocol, string? client);

    [LoggerMessage(2002, LogLevel.Error, "{QueueId} not recorded, the client was told 4yz ({Trouble}): {Reason}")]
    public static partial void StoreUnavailable(ILogger log, QueueId queueId, StoreTrouble trouble, string reason);

    [LoggerMessage(2003, LogLevel.Warning, "{QueueId} not recorded: its stream was taken")]
    public static partial void NotAppended(ILogger log, QueueId queueId);

    [LoggerMessage(2004, LogLevel.Information, "{QueueId} content refused from=<{From}> client={Client}: {Reply}")]
    public static partial void ContentRefused(ILogger log, QueueId queueId, ReversePath from, string client, Reply reply);

    [LoggerMessage(2005, LogLevel.Information, "recipient refused <{To}> from=<{From}> client={Client}: {Reply}")]
    public static partial void RecipientRefused(ILogger log, ForwardPath to, ReversePath from, string client, Reply reply);

    [LoggerMessage(2006, LogLevel.Error, "{Client}: a session met a surprise")]
    public static partial void SessionSurprised(ILogger log, string client, Exception surprise);

    [LoggerMessage(2007, LogLevel.Information, "{Client}: session ended: {Reply}")]
    public static partial void SessionEnded(ILogger log, string client, Reply reply);

    [LoggerMessage(2008, LogLevel.Information, "{Client}: TLS handshake failed: {Reason}")]
    public static partial void HandshakeFailed(ILogger log, string client, string reason);

    [LoggerMessage(2009, LogLevel.Warning, "{Client}: plain text came behind STARTTLS; the session was cut")]
    public static partial void PlainTextBehindStartTls(ILogger log, string client);

    [LoggerMessage(2020, LogLevel.Warning, "no connection can be taken now, trying again: {Reason}")]
    public static partial void AcceptFailed(ILogger log, string reason);

    [LoggerMessage(2021, LogLevel.Warning, "{Sessions} sessions are open, which is the limit; further clients are told to come later")]
    public static partial void Full(ILogger log, int sessions);

    [LoggerMessage(2022, LogLevel.Warning, "{Sessions} sessions did not end in time and are cut; what they had begun was not accepted")]
    public static partial void CutAtStop(ILogger log, int sessions);

    [LoggerMessage(2023, LogLevel.Error, "{Door}: a client could not be let in")]
    public static partial void AdmissionSurprised(ILogger log, string door, Exception surprise);

    [LoggerMessage(2030, LogLevel.Warning, "{Problem}")]
    public static partial void ConfigurationProblem(ILogger log, string problem);

    [LoggerMessage(2031, LogLevel.Information, "stopping: {Sessions} sessions are open")]
    public static partial void Stopping(ILogger log, int sessions);

    [LoggerMessage(2032, LogLevel.Information, "stopped")]
    public static partial void Stopped(ILogger log);

    [LoggerMessage(2033, LogLevel.Information, "configuration loaded from {File}, sha256 {Digest}")]
    public static partial void ConfigurationLoaded(ILogger log, string file, string digest);

    [LoggerMessage(2034, LogLevel.Error, "the configuration before stays in force: {Reason}")]
    public static partial void ReloadFailed(ILogger log, string reason);

    [LoggerMessage(2035, LogLevel.Warning, "{Sentence}")]
    public static partial void RunsAsRoot(ILogger log, string sentence);

    [LoggerMessage(2036, LogLevel.Error, "the configuration before stays in force: the reload met a surprise")]
    public static partial void ReloadSurprised(ILogger log, Exception surprise);

    [LoggerMessage(2040, LogLevel.Error, "drop directory: {What}: {Reason}")]
    public static partial void DropTrouble(ILogger log, string what, string reason);

    [LoggerMessage(2041, LogLevel.Error, "drop directory: '{Name}' refused and set aside: it {Reason}")]
    public static partial void DropRefused(ILogger log, string name, string reason);

    [LoggerMessage(2042, LogLevel.Warning, "drop directory: {Path} was never finished and is removed")]
    public static partial void DropPartRemoved(ILogger log, string path);

    [LoggerMessage(2043, LogLevel.Error, "drop directory: '{What}' met a surprise")]
    public static partial void DropSurprised(ILogger log, string what, Exception surprise);
}
