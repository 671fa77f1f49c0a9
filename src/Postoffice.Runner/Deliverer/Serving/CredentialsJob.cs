using Postoffice.Runner.Deliverer.Protocol;
using Postoffice.Store.Mail;

namespace Postoffice.Runner.Deliverer.Serving;

/// <summary>Hands the passwords for next hops to the runner, which may not read their file itself.</summary>
internal sealed class CredentialsJob(uint number, DelivererContext context) : MailboxJob(number, context)
{
    private static readonly EnhancedStatusCode Misconfigured = new(4, 3, 5); // RFC 3463 X.3.5

    protected override void Take(Signal signal)
    {
        if (signal is not Signal.Begin) return;
        if (CredentialsFile.TryRead(Context.Options.ConfigurationFile, out var text, out var reason)) End(FrameKind.Credentials, new FieldWriter().Text(text));
        else End(FrameKind.Failed, Messages.Write(new DeliveryFailure(Misconfigured, reason)));
    }

    protected override void Release()
    {
    }
}
