namespace Postoffice.Store.Events;

/// <summary>A service runs with this configuration from now on.</summary>
/// <param name="File">The file it was read from; null for built-in values alone.</param>
/// <param name="Sha256">Digest of the settings in force, lower-case hexadecimal.</param>
/// <param name="Version">Version of the program.</param>
public sealed record ConfigurationLoaded(string? File, string Sha256, string Version) : QueueEvent;
