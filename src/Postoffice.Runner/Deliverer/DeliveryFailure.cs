using Postoffice.Store.Mail;

namespace Postoffice.Runner.Deliverer;

/// <summary>Why a mailbox did not get a message; nothing of it is there.</summary>
/// <param name="Status">Class 4: a later attempt may succeed. Class 5: it will not (only an unknown user).</param>
/// <param name="Reason">A sentence for the operator and the DSN: no content of any file, no path below the user's own mailbox.</param>
public sealed record DeliveryFailure(EnhancedStatusCode Status, string Reason)
{
    public bool IsPermanent => Status.Class == 5;
}
