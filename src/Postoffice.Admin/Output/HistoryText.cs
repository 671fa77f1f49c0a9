using Postoffice.Store.Mail;
using Postoffice.Store.Queries;
using Spectre.Console;

namespace Postoffice.Admin.Output;

/// <summary>The history for people: a table on a terminal, a line for each recipient elsewhere.</summary>
internal sealed class HistoryText(Screen screen, TimeText time)
{
    private readonly Table? table = screen.IsTerminal ? NewTable() : null;

    public void Write(HistoryEntry entry)
    {
        foreach (var recipient in entry.Recipients)
        {
            var sender = entry.Sender.Length == 0 ? "<>" : PrintableText.Escape(entry.Sender);
            var address = PrintableText.Escape(recipient.Address);
            var status = entry.Held is not null && recipient.Status == "pending" ? "held" : recipient.Status;
            var words = PrintableText.Escape((status == "held" ? $"held by {entry.Held}" : recipient.LastReply ?? "").Replace('\n', ' '));
            if (table is null)
            {
                screen.Output.WriteLine($"{entry.QueueId}  {time.Second(entry.AcceptedAt)}  {status,-9}  {SizeText.Of(entry.Size).TrimEnd(),8}  {sender} -> {address}{(words.Length == 0 ? "" : $"  {words}")}");
            }
            else
            {
                table.AddRow(
                    new Text(entry.QueueId), new Text(time.Second(entry.AcceptedAt)), new Text(status, StyleOf(status)),
                    new Text(SizeText.Of(entry.Size).TrimEnd()), new Text(sender), new Text(address), new Text(words));
            }
        }
    }

    public void End()
    {
        if (table is null) return;
        if (table.Rows.Count == 0) screen.Output.WriteLine("No message matches.");
        else Terminal.Of(screen).Write(table);
    }

    private static Style StyleOf(string status) => new(status switch
    {
        "delivered" => Color.Green,
        "failed" or "expired" => Color.Red,
        "held" or "in-doubt" or "cancelled" => Color.Yellow,
        _ => Color.Default,
    });

    private static Table NewTable()
    {
        var made = new Table { Border = TableBorder.Simple };
        foreach (var title in (string[])["Queue id", "Accepted", "Status", "Size", "From", "To", "Last heard"]) made.AddColumn(new TableColumn(new Text(title)));
        return made;
    }
}
