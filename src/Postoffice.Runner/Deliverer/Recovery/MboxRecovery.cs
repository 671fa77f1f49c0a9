using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Postoffice.Runner.Deliverer.Mailboxes;
using Postoffice.Store.Mail;
using Postoffice.Store.Native;

namespace Postoffice.Runner.Deliverer.Recovery;

/// <summary>
/// Ends an mbox delivery whose intent was committed, by what the locked mailbox shows. Grown by exactly our entry (others may follow):
/// delivered. Unchanged, or ending in the torn beginning of our entry: cut back, not delivered. Rewritten by somebody: delivered if the
/// trace line with our queue id is there, else in doubt.
/// </summary>
internal static class MboxRecovery
{
    /// <summary>The mailbox is locked, and the thread has the user's rights.</summary>
    public static DeliveryOutcome Recover(MboxLock locked, QueueId id, MailboxEvidence.Mbox evidence)
    {
        if (!SafeFile.TryStat(locked.Mailbox, out var file)) return CannotRead();
        var length = (long)file.Length;
        if (file.Inode != evidence.Inode || file.Device() != evidence.Device || length < evidence.LengthBefore) return SearchTrace(locked, id);
        if (Matches(locked, evidence) is not { } isUntouchedBefore) return CannotRead();
        if (!isUntouchedBefore) return SearchTrace(locked, id);
        if (length == evidence.LengthBefore) return new DeliveryOutcome.NotDelivered();

        var end = evidence.LengthBefore + evidence.Separator + evidence.EntryLength;
        if (length >= end)
        {
            if (DigestOf(locked, evidence.LengthBefore + evidence.Separator, evidence.EntryLength) is not { } digest) return CannotRead();
            if (digest == evidence.EntryDigest) return Synced(locked, new DeliveryOutcome.Delivered());
        }
        // A power cut may leave zeros in place of octets whose length was kept but which were not, so a torn tail can be of full length.
        if (length <= end && TornTail.IsOurs(locked.Mailbox, evidence, length))
        {
            return Libc.FTruncate(locked.Mailbox.Number(), evidence.LengthBefore) == 0
                ? Synced(locked, new DeliveryOutcome.NotDelivered())
                : new DeliveryOutcome.Failed(Trouble.Last("The torn end of the mailbox cannot be cut back"));
        }
        return SearchTrace(locked, id);
    }

    /// <summary>Whether what stood before our entry still stands there; null when it cannot be read.</summary>
    private static bool? Matches(MboxLock locked, MailboxEvidence.Mbox evidence)
    {
        Span<byte> preceding = stackalloc byte[MboxWriter.PrecedingLength];
        var read = MboxWriter.ReadPreceding(locked, evidence.LengthBefore, preceding);
        return read < 0 ? null : Convert.ToHexStringLower(SHA256.HashData(preceding[..read])) == evidence.PrecedingDigest;
    }

    private static string? DigestOf(MboxLock locked, long offset, long length)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
        try
        {
            while (length > 0)
            {
                var read = locked.Mailbox.ReadFullyAt(buffer.AsSpan(0, (int)Math.Min(length, buffer.Length)), offset);
                if (read <= 0) return null;
                hash.AppendData(buffer.AsSpan(0, read));
                offset += read;
                length -= read;
            }
            return Convert.ToHexStringLower(hash.GetHashAndReset());
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static DeliveryOutcome SearchTrace(MboxLock locked, QueueId id)
    {
        var search = new TraceSearch(Encoding.UTF8.GetBytes(id.ToString()));
        var buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
        try
        {
            for (long offset = 0; ;)
            {
                var read = locked.Mailbox.ReadFullyAt(buffer, offset);
                if (read < 0) return CannotRead();
                if (search.Feed(buffer.AsSpan(0, read))) return Synced(locked, new DeliveryOutcome.Delivered());
                if (read == 0) return new DeliveryOutcome.InDoubt($"Somebody rewrote the mailbox, and no Received line in it has the id {id}");
                offset += read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>What we saw may not be on the disk yet: the deliverer can have died between write and sync.</summary>
    private static DeliveryOutcome Synced(MboxLock locked, DeliveryOutcome outcome) =>
        locked.Mailbox.TrySync() ? outcome : new DeliveryOutcome.Failed(Trouble.Last("The mailbox cannot be synced"));

    private static DeliveryOutcome CannotRead() => new DeliveryOutcome.Failed(Trouble.Last("The mailbox cannot be read"));
}
