namespace Postoffice.Store;

/// <summary>The store must not be opened; the message says why and what to do. Programs print it and exit 78 (EX_CONFIG).</summary>
public sealed class StoreRefusedException(string message, Exception? inner = null) : Exception(message, inner);
