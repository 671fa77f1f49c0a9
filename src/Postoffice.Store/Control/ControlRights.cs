namespace Postoffice.Store.Control;

/// <summary>What somebody may see and do (design section 1).</summary>
/// <param name="Uid">Who asks, as the kernel told.</param>
/// <param name="Everything">Root, the services' own user, an operator.</param>
/// <param name="WholeQueue">Also the others' messages in the queue: <c>queue-visible=all</c>.</param>
public sealed record ControlRights(uint Uid, bool Everything, bool WholeQueue)
{
    /// <summary>For whoever may read the store's file anyway.</summary>
    public static ControlRights OfOwner(uint uid) => new(uid, Everything: true, WholeQueue: true);

    /// <summary>Null for everybody's messages.</summary>
    public uint? QueueOf => Everything || WholeQueue ? null : Uid;

    /// <summary>Null for everybody's messages.</summary>
    public uint? MessagesOf => Everything ? null : Uid;
}
