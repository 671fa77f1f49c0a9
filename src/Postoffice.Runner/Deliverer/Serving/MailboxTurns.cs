namespace Postoffice.Runner.Deliverer.Serving;

/// <summary>Who may work on an mbox: of this process one at a time, in the order they came. Safe for all threads.</summary>
internal sealed class MailboxTurns
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, LinkedList<MailboxJob>> queues = [];

    /// <returns>True: it is the job's turn now. False: <see cref="MailboxJob.Wake"/> is called when it comes.</returns>
    public bool Enter(string mailbox, MailboxJob job)
    {
        lock (gate)
        {
            if (!queues.TryGetValue(mailbox, out var queue)) queues[mailbox] = queue = [];
            queue.AddLast(job);
            return queue.First!.Value == job;
        }
    }

    public bool HasTurn(string mailbox, MailboxJob job)
    {
        lock (gate) return queues.TryGetValue(mailbox, out var queue) && queue.First?.Value == job;
    }

    /// <summary>Ends the job's turn, or its waiting for one.</summary>
    public void Leave(string mailbox, MailboxJob job)
    {
        MailboxJob? next = null;
        lock (gate)
        {
            if (!queues.TryGetValue(mailbox, out var queue)) return;
            var hadTurn = queue.First?.Value == job;
            if (!queue.Remove(job)) return;
            if (queue.Count == 0) queues.Remove(mailbox);
            else if (hadTurn) next = queue.First!.Value;
        }
        next?.Wake();
    }
}
