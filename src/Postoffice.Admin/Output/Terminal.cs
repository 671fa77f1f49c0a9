using Spectre.Console;

namespace Postoffice.Admin.Output;

/// <summary>Spectre's console over our own output.</summary>
internal static class Terminal
{
    public static IAnsiConsole Of(Screen screen) => AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(screen.Output) });
}
