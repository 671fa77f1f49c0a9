using Postoffice.Runner.Deliverer.Mailboxes;
using Postoffice.Runner.Deliverer.Protocol;
using Postoffice.Runner.Deliverer.Recovery;

namespace Postoffice.Runner.Deliverer.Serving;

/// <summary>Asks a mailbox how a delivery ended. For an mbox it needs the same turn and locks as a delivery.</summary>
internal sealed class RecoverJob(uint number, DelivererContext context, RecoverRequest request) : MailboxJob(number, context)
{
    private Account? account;
    private string? turn;
    private DateTimeOffset deadline;

    protected override void Take(Signal signal)
    {
        if (signal is Signal.Begin) Begin();
        else if (signal is Signal.Wake && turn is not null) TryMbox();
    }

    protected override void Release()
    {
        if (turn is not null) Context.Turns.Leave(turn, this);
    }

    private void Begin()
    {
        account = Account.Find(request.User, Context.Accounts, Context.Rights, out var unknown);
        if (account is null)
        {
            End(unknown.IsPermanent ? new DeliveryOutcome.InDoubt("The user is not known any more") : new DeliveryOutcome.Failed(unknown));
            return;
        }
        switch (request.Evidence, Context.Options.Mailbox)
        {
            case (MailboxEvidence.Maildir evidence, MailboxSetting.Maildir setting):
                End(MaildirRecovery.Recover(setting, account, Context.Rights, evidence));
                break;
            case (MailboxEvidence.Mbox, MailboxSetting.Mbox setting):
                turn = setting.PathOf(account.User);
                // A deliverer of a dead runner may still hold the lock for its commit that does not come.
                deadline = Context.Clock.GetUtcNow() + Context.Options.HoldLimit + Context.Options.LockPatience;
                if (Context.Turns.Enter(turn, this)) TryMbox();
                break;
            default:
                End(new DeliveryOutcome.InDoubt("The setting mailbox= has changed its kind since"));
                break;
        }
    }

    private void TryMbox()
    {
        if (!Context.Turns.HasTurn(turn!, this)) return;
        var setting = (MailboxSetting.Mbox)Context.Options.Mailbox;
        var locked = MboxLock.TryTake(setting, account!, Context.Rights, Context.Clock.GetUtcNow(), out var failure, out var heldBy);
        if (locked is not null)
        {
            DeliveryOutcome outcome;
            using (locked)
            using (Context.Rights.Take(account!.Rights))
            {
                outcome = MboxRecovery.Recover(locked, request.Id, (MailboxEvidence.Mbox)request.Evidence);
            }
            End(outcome);
        }
        else if (failure is not null)
        {
            End(new DeliveryOutcome.Failed(failure));
        }
        else if (Context.Clock.GetUtcNow() >= deadline)
        {
            End(new DeliveryOutcome.Failed(Trouble.Mailbox($"The mailbox is locked: {heldBy} is held by somebody else")));
        }
        else
        {
            WakeAfter(Context.Options.LockRetry);
        }
    }
}
