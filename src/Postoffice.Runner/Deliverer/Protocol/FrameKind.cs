namespace Postoffice.Runner.Deliverer.Protocol;

/// <summary>What a frame between runner and deliverer says. Both ends are always the same binary, so there are no versions.</summary>
internal enum FrameKind : byte
{
    // From the runner. The first frame of a call carries a new number; the number ends with the call's last answer.
    Prepare = 1,
    Content = 2,
    ContentEnd = 3,
    Commit = 4,
    Abort = 5,
    Recover = 6,
    Sweep = 7,
    Release = 8,
    ReadCredentials = 9,

    // From the deliverer.
    Ready = 64,
    Credit = 65,
    Prepared = 66,
    Failed = 67,
    Delivered = 68,
    NotDelivered = 69,
    InDoubt = 70,
    Aborted = 71,
    Swept = 72,
    Credentials = 73,
}
