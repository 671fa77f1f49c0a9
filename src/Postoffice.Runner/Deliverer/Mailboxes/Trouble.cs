using System.Runtime.InteropServices;
using Postoffice.Store.Mail;
using Postoffice.Store.Native;

namespace Postoffice.Runner.Deliverer.Mailboxes;

/// <summary>Turns what the kernel says into what the queue understands. All of it is temporary: space, quota and rights get repaired.</summary>
internal static class Trouble
{
    /// <summary>The system call that just failed on this thread.</summary>
    /// <param name="what">What was being done: "mailbox cannot be opened".</param>
    public static DeliveryFailure Last(string what) => Of(Marshal.GetLastPInvokeError(), what);

    public static DeliveryFailure Of(int error, string what) => new(error switch
    {
        Libc.EDQUOT or Libc.EFBIG => new EnhancedStatusCode(4, 2, 2), // mailbox full (RFC 3463 §3.3)
        Libc.ENOSPC => new EnhancedStatusCode(4, 3, 1),               // mail system full (§3.4)
        Libc.EIO => new EnhancedStatusCode(4, 3, 0),
        _ => new EnhancedStatusCode(4, 2, 0),
    }, $"{what}: {Marshal.GetPInvokeErrorMessage(error)}");

    /// <summary>Something about the mailbox that its owner or the postmaster has to put right.</summary>
    public static DeliveryFailure Mailbox(string reason) => new(new EnhancedStatusCode(4, 2, 0), reason);
}
