using Microsoft.Extensions.Logging;

namespace Postoffice.Store;

/// <summary>Every log line of the store. 1000 to 1999.</summary>
internal static partial class StoreLog
{
    [LoggerMessage(1001, LogLevel.Critical, "{Store}: writing or syncing failed; no mail is accepted until a clean checkpoint succeeds. Check the disk")]
    public static partial void StoreBroken(ILogger log, string store);

    [LoggerMessage(1002, LogLevel.Error, "{Store}: the checkpoint that would mend the store failed, trying again: {Reason}")]
    public static partial void StoreStillBroken(ILogger log, string store, string reason);

    [LoggerMessage(1003, LogLevel.Warning, "{Store}: the checkpoint succeeded; mail is accepted again")]
    public static partial void StoreMended(ILogger log, string store);

    [LoggerMessage(1004, LogLevel.Critical, "{Store}: process {Pid} has kept the write lock for more than {Seconds} s; mail is answered 451 until it goes on or ends")]
    public static partial void TurnKept(ILogger log, string store, int? pid, double seconds);

    [LoggerMessage(1005, LogLevel.Critical, "{Store}: the writer met a surprise")]
    public static partial void WriterSurprised(ILogger log, string store, Exception surprise);

    [LoggerMessage(1006, LogLevel.Warning, "{Store}: a checkpoint failed, the next commit tries again: {Reason}")]
    public static partial void CheckpointFailed(ILogger log, string store, string reason);

    [LoggerMessage(1007, LogLevel.Critical, "{Store}: the disk is full; the ballast was given up so that work in progress can end. Make room")]
    public static partial void BallastGiven(ILogger log, string store);

    [LoggerMessage(1050, LogLevel.Warning, "{Socket}: nobody can ask this service, trying again each minute: {Reason}")]
    public static partial void ControlClosed(ILogger log, string socket, string reason);

    [LoggerMessage(1051, LogLevel.Warning, "{Socket}: a question of uid {Uid} was cut off: {Reason}")]
    public static partial void ControlCutOff(ILogger log, string socket, uint uid, string reason);

    [LoggerMessage(1052, LogLevel.Error, "{Socket}: a question of uid {Uid} met a surprise")]
    public static partial void ControlSurprised(ILogger log, string socket, uint uid, Exception surprise);
}
