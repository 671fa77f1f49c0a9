using Microsoft.Extensions.Time.Testing;
using Postoffice.Runner.Deliverer;
using Postoffice.Runner.Deliverer.Mailboxes;
using Postoffice.Runner.Deliverer.Protocol;
using Postoffice.Runner.Deliverer.Rights;
using Postoffice.Runner.Deliverer.Serving;
using Postoffice.Store.Mail;
using Postoffice.Store.Native;
using Postoffice.Testing;

namespace Postoffice.Runner.Tests.Deliverer;

/// <summary>Deadlines, on a clock that only the test moves; in this process, on threads that take the user's rights.</summary>
public sealed class DeliveryJobTests : IDisposable
{
    private readonly FakeTimeProvider clock = new(TimeProvider.System.GetUtcNow());
    private readonly TempDirectory directory = new();
    private readonly WorkThreads threads = new(1); // so that what was posted before is done before
    private readonly DelivererContext context;
    private readonly DelivererOptions options;

    public DeliveryJobTests()
    {
        Assert.True(Environment.IsPrivilegedProcess, "the deliverer's tests take users' rights and so must run as root");
        Libc.Check(Libc.Chmod(directory.Path, 0x1FF), directory.Path);
        options = new DelivererOptions(new MailboxSetting.Mbox(directory.Path), "host");
        context = new DelivererContext(options, clock, new RightsSwitch(UserRights.OfProcess()), threads, static _ => { });
    }

    private string Mbox => directory.File(DelivererRig.User);

    [Fact]
    public void A_mailbox_is_not_kept_locked_for_a_commit_that_does_not_come()
    {
        Begin(1);
        Assert.Equal(FrameKind.Prepared, Answer());
        Begin(2);

        clock.Advance(options.HoldLimit);
        Settle();

        Assert.Equal(FrameKind.Failed, Answer()); // the second had less patience than the first could hold
        Begin(3);
        Assert.Equal(FrameKind.Prepared, Answer());
        context.Find(1)!.Post(new Signal.Commit());
        Assert.Equal(FrameKind.Failed, Answer());
        Assert.Equal("", DelivererRig.Read(Mbox));
    }

    [Fact]
    public void A_mailbox_that_somebody_else_keeps_locked_is_a_temporary_failure_that_names_the_lock()
    {
        DelivererRig.Put(Mbox, "", DelivererRig.User);
        using var held = SafeFile.Open(Mbox, Libc.O_RDWR);
        Assert.Equal(0, Libc.FLock((int)held.DangerousGetHandle(), Libc.LOCK_EX | Libc.LOCK_NB));
        Begin(1);

        clock.Advance(options.LockPatience);

        Assert.True(context.Answers.TryTake(out var frame, out _));

        var failure = Messages.ReadFailure(frame.AsSpan(Frame.HeaderLength));
        Assert.Equal(("4.2.0", true), (failure.Status.ToString(), failure.Reason.Contains("flock", StringComparison.Ordinal)));
    }

    public void Dispose()
    {
        foreach (var job in context.Jobs) job.Post(new Signal.Close());
        threads.Dispose();
        directory.Dispose();
    }

    private void Begin(uint number)
    {
        var job = new DeliveryJob(number, context, new DeliveryRequest(DelivererRig.User, new QueueId(number), 1, 1, "a@example.net", DelivererRig.Noon, DelivererRig.Noon));
        context.Add(job);
        job.Post(new Signal.Begin());
        job.Post(new Signal.ContentEnd());
        Settle();
    }

    /// <summary>Waits until the thread has done what was posted.</summary>
    private void Settle()
    {
        using var done = new ManualResetEventSlim();
        threads.Post(done.Set);
        done.Wait(TestContext.Current.CancellationToken);
    }

    private FrameKind Answer() => context.Answers.TryTake(out var frame, out _) ? Frame.ReadHeader(frame).Kind : throw new InvalidOperationException("there is no answer");
}
