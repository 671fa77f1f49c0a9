using Microsoft.Extensions.Logging;
using Postoffice.Store;
using Postoffice.Store.Configuration;

namespace Postoffice.Smtp;

/// <summary>What was read at a start or a reload, understood as a whole or not at all.</summary>
internal sealed record Configuration(Settings Settings, ListenerOptions Options, StoreOptions StoreOptions)
{
    /// <exception cref="ConfigurationUnreadableException">The file cannot be read.</exception>
    /// <exception cref="SettingException">A value cannot be used.</exception>
    public static async ValueTask<Configuration> LoadAsync(Arguments arguments, ILogger log)
    {
        var settings = ConfigurationFile.Load(arguments.File, arguments.Options);
        foreach (var problem in settings.Problems) ListenerLog.ConfigurationProblem(log, problem);
        return new Configuration(settings, await ListenerOptions.FromAsync(settings, CancellationToken.None), StoreOptions.From(settings));
    }
}
