using Postoffice.Store;
using Spectre.Console;

namespace Postoffice.Admin.Output;

/// <summary>Shows long work on a terminal, on standard error so that output stays clean; elsewhere it says nothing.</summary>
internal static class ProgressLine
{
    public static T Run<T>(Screen screen, string title, Func<IProgress<StoreProgress>?, T> work) =>
        screen.IsTerminal ? On(screen).Start(context => work(new Bar(context.AddTask(title)))) : work(null);

    public static Task RunAsync(Screen screen, string title, Func<IProgress<StoreProgress>?, Task> work) =>
        screen.IsTerminal ? On(screen).StartAsync(context => work(new Bar(context.AddTask(title)))) : work(null);

    private static Progress On(Screen screen) =>
        AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(screen.Error) }).Progress().AutoClear(true);

    /// <summary>Reports on the caller's thread: <see cref="Progress{T}"/> would reorder them.</summary>
    private sealed class Bar(ProgressTask task) : IProgress<StoreProgress>
    {
        public void Report(StoreProgress value)
        {
            task.MaxValue = Math.Max(1, value.Total);
            task.Value = value.Done;
        }
    }
}
