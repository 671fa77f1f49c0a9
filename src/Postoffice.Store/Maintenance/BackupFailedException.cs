namespace Postoffice.Store.Maintenance;

/// <summary>No backup was written; the message says why. What was begun is removed.</summary>
public sealed class BackupFailedException(string message, Exception? inner = null) : Exception(message, inner);
