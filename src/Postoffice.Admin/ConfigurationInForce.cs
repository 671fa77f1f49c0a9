using Postoffice.Store.Configuration;

namespace Postoffice.Admin;

/// <summary>The configuration file of <c>-C</c> cannot be read (C-CLI-44: exit 66).</summary>
internal sealed class UnreadableConfigurationException(string message, Exception inner) : Exception(message, inner);

/// <summary>The file of <c>-C</c>, or the default one, with the <c>-o</c> settings after it (C-CLI-09).</summary>
internal static class ConfigurationInForce
{
    /// <exception cref="UnreadableConfigurationException">The file cannot be read.</exception>
    public static Settings Load(string? path, IReadOnlyList<string> options)
    {
        try
        {
            return ConfigurationFile.Load(path, options);
        }
        catch (IOException trouble)
        {
            throw new UnreadableConfigurationException($"The configuration cannot be read: {trouble.Message}", trouble);
        }
    }
}
