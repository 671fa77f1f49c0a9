using System.Text;
using Postoffice.Testing;

namespace Postoffice.Admin.Tests;

/// <summary>One run of our binary under some name, in this process: what it was given, what it said, what it ended with.</summary>
internal sealed record ProgramRun(int ExitCode, string Output, string Error)
{
    public static Task<ProgramRun> Of(string name, byte[] input, params string[] arguments) => On(isTerminal: false, name, input, arguments);

    /// <param name="isTerminal">Somebody reads along.</param>
    public static async Task<ProgramRun> On(bool isTerminal, string name, byte[] input, params string[] arguments)
    {
        using var output = new MemoryStream();
        using var error = new StringWriter { NewLine = "\n" };
        int exitCode;
        using (var screen = new Screen(new MemoryStream(input), output, error, isTerminal, TimeProvider.System))
        {
            exitCode = await Invocation.RunAsync(name, arguments, screen, TestContext.Current.CancellationToken);
        }
        return new ProgramRun(exitCode, Encoding.UTF8.GetString(output.ToArray()), error.ToString());
    }

    public static Task<ProgramRun> Of(string name, string latin1, params string[] arguments) => Of(name, Octets.Of(latin1), arguments);
}
