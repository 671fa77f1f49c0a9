using Postoffice.Store.Mail;
using Postoffice.Store.Queries;
using Spectre.Console;

namespace Postoffice.Admin.Output;

/// <summary>Destinations for people: a table on a terminal, a line for each elsewhere.</summary>
internal sealed class DestinationText(Screen screen, TimeText time)
{
    private const int NameColumn = 32;
    private readonly Table? table = screen.IsTerminal ? NewTable() : null;
    private bool isEmpty = true;

    public void Write(DestinationEntry entry)
    {
        isEmpty = false;
        var name = entry.Destination.Length == 0 ? "(this machine)" : PrintableText.Escape(entry.Destination);
        var state = entry switch
        {
            { OpenUntil: { } until } when until > screen.Clock.GetUtcNow() => $"not tried until {time.Second(until)}",
            { OpenUntil: { } until } => $"may be tried since {time.Second(until)}",
            { Waiting: 0, Trying: 0, Held: > 0 } => "held",
            { Waiting: 0, Trying: 0, Running: null or 0 } => "nothing waits",
            _ => "tried",
        };
        var attempts = entry is { Running: { } running, Limit: { } limit } ? $"{running} of {limit}" : "-";
        var words = PrintableText.Escape((entry.LastReply ?? "").Replace('\n', ' '));
        if (table is null)
        {
            screen.Output.WriteLine(
                $"{name.PadRight(NameColumn)}  {state}  waiting {entry.Waiting}  trying {entry.Trying}  held {entry.Held}  attempts {attempts}{(words.Length == 0 ? "" : $"  {words}")}");
            return;
        }
        table.AddRow(
            new Text(name), new Text(state, entry.OpenUntil is null ? Style.Plain : new Style(Color.Yellow)), new Text($"{entry.Waiting}"), new Text($"{entry.Trying}"),
            new Text($"{entry.Held}"), new Text(attempts), new Text(words));
    }

    /// <param name="quiet">Destinations that were left out.</param>
    public void End(int quiet)
    {
        if (isEmpty) screen.Output.WriteLine(quiet == 0 ? "Nothing waits, and nothing was tried of late." : $"Nothing waits; --all shows {quiet} where nothing does.");
        else if (table is not null) Terminal.Of(screen).Write(table);
    }

    private static Table NewTable()
    {
        var made = new Table { Border = TableBorder.Simple };
        foreach (var title in (string[])["Destination", "State", "Waiting", "Trying", "Held", "Attempts", "Last heard"]) made.AddColumn(new TableColumn(new Text(title)));
        return made;
    }
}
