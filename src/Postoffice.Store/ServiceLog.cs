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
    private const int TypicalLine = 256;
    private readonly Lock gate = new();

    /// <summary>On this process's stderr.</summary>
    public static ServiceLog OnStandardError(string program, TimeProvider clock) =>
        new(program, Unbroken(Console.OpenStandardError()), clock, journal: Environment.GetEnvironmentVariable("JOURNAL_STREAM") is { Length: > 0 });

    /// <summary>Each write of a text is one write of <paramref name="octets"/>.</summary>
    internal static TextWriter Unbroken(Stream octets) => new StreamWriter(octets, new UTF8Encoding(false), bufferSize: TypicalLine + 2 * MaxLine) { AutoFlush = true };

    public bool IsEnabled(LogLevel logLevel) => logLevel >= least && logLevel != LogLevel.None;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel)) return;
        var line = new StringBuilder(TypicalLine);
        if (journal) line.Append('<').Append(Priority(logLevel)).Append('>');
        else line.Append($"{clock.GetUtcNow():yyyy-MM-dd'T'HH:mm:ss.fff'Z'} {program} {Word(logLevel)} ");
        line.Append(eventId.Id).Append(' ').Append(PrintableText.Escape(formatter(state, exception), MaxLine));
        if (exception is not null) line.Append(": ").Append(PrintableText.Escape(exception.ToString(), MaxLine));
        Write(line);
    }

    /// <summary>A line for whoever started the service by hand, without time and level.</summary>
    public void Say(string sentence)
    {
        Write(new StringBuilder($"{program}: {PrintableText.Escape(sentence, MaxLine)}"));
    }

    /// <summary>In one piece: both services may write to one pipe or file, and each piece is a system call.</summary>
    private void Write(StringBuilder line)
    {
        var text = line.Append('\n').ToString();
        lock (gate) lines.Write(text);
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
