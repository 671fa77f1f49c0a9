using System.Text;
using Microsoft.Extensions.Logging;
using Postoffice.Store.Mail;

namespace Postoffice.Store;

/// <summary>
/// The log of a service: one event, one line on stderr, whatever hostile text is in it. Under the journal each line begins with its
/// priority (sd-daemon(3)) and nothing the journal knows already; elsewhere with time and level.
/// </summary>
public sealed class ServiceLog(string program, TextWriter lines, TimeProvider clock, bool journal, LogLevel least = LogLevel.Information) : ILogger
{
    private const int MaxLine = 8_192;
    private readonly Lock gate = new();

    /// <summary>On this process's stderr.</summary>
    public static ServiceLog OnStandardError(string program, TimeProvider clock) =>
        new(program, Console.Error, clock, journal: Environment.GetEnvironmentVariable("JOURNAL_STREAM") is { Length: > 0 });

    public bool IsEnabled(LogLevel logLevel) => logLevel >= least && logLevel != LogLevel.None;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel)) return;
        var line = new StringBuilder();
        if (journal) line.Append('<').Append(Priority(logLevel)).Append('>');
        else line.Append($"{clock.GetUtcNow():yyyy-MM-dd'T'HH:mm:ss.fff'Z'} {program} {Word(logLevel)} ");
        line.Append(eventId.Id).Append(' ').Append(PrintableText.Escape(formatter(state, exception), MaxLine));
        if (exception is not null) line.Append(": ").Append(PrintableText.Escape(exception.ToString(), MaxLine));
        lock (gate) lines.WriteLine(line);
    }

    /// <summary>A line for whoever started the service by hand, without time and level.</summary>
    public void Say(string sentence)
    {
        lock (gate) lines.WriteLine($"{program}: {PrintableText.Escape(sentence, MaxLine)}");
    }

    // <syslog.h>
    private static int Priority(LogLevel level) => level switch
    {
        LogLevel.Critical => 2,
        LogLevel.Error => 3,
        LogLevel.Warning => 4,
        LogLevel.Information => 6,
        _ => 7,
    };

    private static string Word(LogLevel level) => level switch
    {
        LogLevel.Critical => "critical",
        LogLevel.Error => "error",
        LogLevel.Warning => "warning",
        LogLevel.Information => "info",
        _ => "debug",
    };
}
