using Postoffice.Runner.Deliverer.Mailboxes;
using Postoffice.Runner.Deliverer.Protocol;

namespace Postoffice.Runner.Deliverer.Serving;

/// <summary>A delivery in its two phases. Order of signals: Begin, Content…, ContentEnd, then Commit, Release or Abort; Abort and Wake at any time.</summary>
internal sealed class DeliveryJob(uint number, DelivererContext context, DeliveryRequest request) : MailboxJob(number, context)
{
    private enum Phase
    {
        Receiving,
        WaitingForLock,
        Prepared,
        GivenUp,
    }

    private Phase phase;
    private MailboxWriter? writer;
    private string? turn; // the mbox this job stands in line for
    private DateTimeOffset deadline;
    private string heldBy = "another delivery";

    protected override void Take(Signal signal)
    {
        switch (signal)
        {
            case Signal.Begin:
                Begin();
                break;
            case Signal.Content content when phase == Phase.Receiving:
                if (writer!.Write(content.Buffer.AsSpan(0, content.Length)) is { } writeFailure) Fail(writeFailure);
                else Acknowledge(content.Length);
                break;
            case Signal.ContentEnd when phase == Phase.Receiving:
                if (writer!.Finish() is { } endFailure) Fail(endFailure);
                else WaitForTurn();
                break;
            case Signal.Wake:
                LookAgain();
                break;
            case Signal.Commit when phase is Phase.Prepared or Phase.GivenUp:
                End(writer!.Commit());
                break;
            case Signal.Abort:
                writer?.Abort();
                End(FrameKind.Aborted);
                break;
            case Signal.Release when phase is Phase.Prepared or Phase.GivenUp:
                End(FrameKind.Aborted); // letting go of a writer leaves a prepared file where it is
                break;
            default:
                throw new InvalidDataException($"{signal.GetType().Name} while {phase}");
        }
    }

    protected override void Release()
    {
        writer?.Dispose();
        if (turn is not null) Context.Turns.Leave(turn, this);
    }

    private void Begin()
    {
        if (Account.Find(request.User, Context.Accounts, Context.Rights, out var unknown) is not { } account)
        {
            Fail(unknown);
            return;
        }
        switch (Context.Options.Mailbox)
        {
            case MailboxSetting.Mbox mbox:
                turn = mbox.PathOf(account.User);
                writer = new MboxWriter(mbox, account, Context.Rights, request, Context.Clock, Context.Options.SpoolDirectory);
                break;
            case MailboxSetting.Maildir maildir:
                writer = new MaildirWriter(maildir, account, Context.Rights, MaildirName.For(request, Context.Options.HostName));
                break;
        }
        if (writer!.Start() is { } failure) Fail(failure);
    }

    private void WaitForTurn()
    {
        phase = Phase.WaitingForLock;
        deadline = Context.Clock.GetUtcNow() + Context.Options.LockPatience;
        if (turn is null || Context.Turns.Enter(turn, this)) Prepare();
        else WakeAfter(Context.Options.LockPatience);
    }

    private void Prepare()
    {
        switch (writer!.Prepare())
        {
            case PrepareStep.Ready ready:
                phase = Phase.Prepared;
                if (turn is not null) WakeAfter(Context.Options.HoldLimit);
                deadline = Context.Clock.GetUtcNow() + Context.Options.HoldLimit;
                Context.Send(Messages.Write(ready.Evidence).Finish(FrameKind.Prepared, Number));
                break;
            case PrepareStep.Failed failed:
                Fail(failed.Failure);
                break;
            case PrepareStep.Busy busy:
                heldBy = busy.HeldBy;
                WakeAfter(Context.Options.LockRetry);
                break;
        }
    }

    private void LookAgain()
    {
        var isOver = Context.Clock.GetUtcNow() >= deadline;
        if (phase == Phase.WaitingForLock)
        {
            if (isOver) Fail(Trouble.Mailbox($"The mailbox is locked: {heldBy} is held by somebody else for {Context.Options.LockPatience.TotalSeconds:0} seconds"));
            else if (Context.Turns.HasTurn(turn!, this)) Prepare();
        }
        else if (phase == Phase.Prepared && isOver && writer!.GiveUpLock())
        {
            phase = Phase.GivenUp;
            Context.Turns.Leave(turn!, this);
            Context.Log($"{request.Id} for {request.User}: no commit within {Context.Options.HoldLimit.TotalSeconds:0} seconds; the mailbox is unlocked");
        }
    }

    private void Fail(DeliveryFailure failure) => End(FrameKind.Failed, Messages.Write(failure));
}
