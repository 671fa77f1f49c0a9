using System.Collections.Immutable;
using Microsoft.Extensions.Logging;

namespace Postoffice.Testing;

/// <summary>A log that a test reads: each line as it would be written, without its level.</summary>
public sealed class CollectedLog : ILogger
{
    private ImmutableList<string> lines = [];

    public IReadOnlyList<string> Lines => lines;

    /// <summary>Called with each line after it was taken; what it throws reaches whoever logs.</summary>
    public Action<string>? Taken { get; set; }

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var line = formatter(state, exception);
        ImmutableInterlocked.Update(ref lines, (all, added) => all.Add(added), line);
        Taken?.Invoke(line);
    }
}
