using System.Collections.Concurrent;
using Postoffice.Runner.Deliverer.Mailboxes;
using Postoffice.Runner.Deliverer.Rights;
using Postoffice.Store.Native;

namespace Postoffice.Runner.Deliverer.Serving;

/// <summary>What all jobs share.</summary>
internal sealed class DelivererContext(DelivererOptions options, TimeProvider clock, RightsSwitch rights, WorkThreads threads, Action<string> log)
{
    private readonly ConcurrentDictionary<uint, MailboxJob> jobs = new();

    public DelivererOptions Options => options;

    public TimeProvider Clock => clock;

    public RightsSwitch Rights => rights;

    public WorkThreads Threads => threads;

    public RecentFinds<Account> Accounts { get; } = new(clock, Account.Find);

    public MailboxTurns Turns { get; } = new();

    /// <summary>Answers on their way to the runner. Few and small: at most some for each call in flight, so nobody waits for the pipe.</summary>
    public Handover<byte[]> Answers { get; } = new();

    public ICollection<MailboxJob> Jobs => jobs.Values;

    /// <exception cref="InvalidDataException">The number is in use, or too many are.</exception>
    public void Add(MailboxJob job)
    {
        if (jobs.Count >= Protocol.Frame.MaxInFlight * 2) throw new InvalidDataException("too many calls at once");
        if (!jobs.TryAdd(job.Number, job)) throw new InvalidDataException($"call {job.Number} is open already");
    }

    public MailboxJob? Find(uint number) => jobs.GetValueOrDefault(number);

    public void Forget(uint number) => jobs.TryRemove(number, out _);

    public void Send(byte[] frame) => Answers.Add(frame);

    /// <param name="sentence">For the operator, on standard error.</param>
    public void Log(string sentence) => log(sentence);
}
