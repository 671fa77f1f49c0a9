using Postoffice.Runner.Deliverer.Mailboxes;
using Postoffice.Runner.Deliverer.Protocol;
using Postoffice.Runner.Deliverer.Recovery;

namespace Postoffice.Runner.Deliverer.Serving;

/// <summary>Tidies one Maildir; an mbox has nothing to sweep.</summary>
internal sealed class SweepJob(uint number, DelivererContext context, SweepRequest request) : MailboxJob(number, context)
{
    protected override void Take(Signal signal)
    {
        if (signal is not Signal.Begin) return;
        if (Account.Find(request.User, Context.Accounts, Context.Rights, out var unknown) is not { } account)
        {
            End(FrameKind.Failed, Messages.Write(unknown));
            return;
        }
        int? swept = Context.Options.Mailbox is MailboxSetting.Maildir maildir
            ? MaildirSweep.Sweep(maildir, account, Context.Rights, Context.Options.HostName, request.Keep, Context.Clock.GetUtcNow())
            : 0;
        if (swept is { } count) End(FrameKind.Swept, new FieldWriter().Number(count));
        else End(FrameKind.Failed, Messages.Write(Trouble.Mailbox("The Maildir cannot be opened")));
    }

    protected override void Release()
    {
    }
}
