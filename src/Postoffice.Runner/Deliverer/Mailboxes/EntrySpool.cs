using System.Buffers;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using Postoffice.Store.Native;

namespace Postoffice.Runner.Deliverer.Mailboxes;

/// <summary>
/// Keeps an mbox entry until it may be appended, and knows its length and digest, which the intent records before the mailbox is
/// touched. Up to 64 KiB in memory, more in a file without a name. Written with the deliverer's own rights.
/// </summary>
internal sealed class EntrySpool(string directory) : IDisposable
{
    private const int MemoryLimit = 64 * 1024;

    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private ArrayBufferWriter<byte>? memory = new(1024);
    private SafeFileHandle? file;

    public long Length { get; private set; }

    /// <summary>SHA-256 of all that was added, lower-case hexadecimal; nothing can be added after it.</summary>
    public string Digest() => Convert.ToHexStringLower(hash.GetHashAndReset());

    /// <returns>False: errno says why.</returns>
    public bool TryAdd(ReadOnlySpan<byte> octets)
    {
        hash.AppendData(octets);
        Length += octets.Length;
        if (memory is not null && Length <= MemoryLimit)
        {
            memory.Write(octets);
            return true;
        }
        if (file is null && (!TryOpenNameless(out file) || !file.TryWriteAll(memory!.WrittenSpan))) return false;
        memory = null;
        return file.TryWriteAll(octets);
    }

    /// <summary>Writes the entry to the end of <paramref name="mailbox"/>.</summary>
    /// <returns>False: errno says why; part of it may be there.</returns>
    public bool TryCopyTo(SafeFileHandle mailbox)
    {
        if (memory is not null) return mailbox.TryWriteAll(memory.WrittenSpan);
        var buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
        try
        {
            for (long offset = 0; offset < Length;)
            {
                var read = file!.ReadFullyAt(buffer, offset);
                if (read <= 0 || !mailbox.TryWriteAll(buffer.AsSpan(0, read))) return false;
                offset += read;
            }
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public void Dispose()
    {
        file?.Dispose();
        hash.Dispose();
    }

    private bool TryOpenNameless([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out SafeFileHandle? handle)
    {
        if (SafeFile.TryOpen(directory, Libc.O_TMPFILE | Libc.O_RDWR, out handle, out var error)) return true;
        if (error is not (Libc.EOPNOTSUPP or Libc.EISDIR or Libc.ENOENT)) return false;
        // A file system without O_TMPFILE: a name nobody can guess, gone at once.
        var path = $"{directory}/postoffice-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))}";
        return SafeFile.TryOpen(path, Libc.O_CREAT | Libc.O_EXCL | Libc.O_RDWR, out handle, out _) && Libc.Unlink(path) == 0;
    }
}
