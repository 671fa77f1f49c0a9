using System.Text;
using Postoffice.Admin.Output;

namespace Postoffice.Admin;

/// <summary>Where a program reads and writes: the process's own streams, or a test's.</summary>
internal sealed class Screen(Stream input, Stream output, TextWriter error, bool isTerminal, TimeProvider clock) : IDisposable
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);
    private readonly StreamWriter text = new(output, Utf8, bufferSize: 32 * 1024, leaveOpen: true) { NewLine = "\n" };

    public Stream Input { get; } = input;

    /// <summary>For octets; text goes to <see cref="Output"/>.</summary>
    public Stream RawOutput { get; } = output;

    /// <summary>Buffered: <see cref="Dispose"/> or Flush writes the rest.</summary>
    public TextWriter Output => text;

    public TextWriter Error { get; } = error;

    /// <summary>Somebody reads the output as it comes: tables get colours and frames, progress is shown.</summary>
    public bool IsTerminal { get; } = isTerminal;

    public TimeProvider Clock { get; } = clock;

    public static Screen OfProcess() => new(
        Console.OpenStandardInput(),
        new StandardOutput(),
        new StreamWriter(Console.OpenStandardError(), Utf8, bufferSize: 256) { AutoFlush = true, NewLine = "\n" },
        isTerminal: !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb"),
        TimeProvider.System);

    /// <summary>A sentence on standard error, under the name the program was called by.</summary>
    public void Complain(string program, string sentence) => Error.WriteLine($"{program}: {sentence}");

    public void Dispose() => text.Dispose();
}
