using System.Text;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using Postoffice.Store.Native;

namespace Postoffice.Store.Submission;

/// <summary>
/// A message left in the drop directory while no listener runs. First line <c>postoffice-drop 1</c>, second line the envelope as JSON, both ended
/// by LF; the rest is the content with its CRLFs. The writer is whoever sends; the listener that takes it in trusts nothing in it.
/// </summary>
public static class DropFile
{
    /// <summary>What a file is called until it is whole. Those without it are complete and synced.</summary>
    public const string UnfinishedSuffix = ".part";

    /// <summary>Most octets of the first two lines.</summary>
    public const int MaxEnvelopeOctets = 1 << 20;

    private const uint ReadableByAll = 0x1A4; // 0644: the directory cannot be listed, and the service's user must read it
    private const int ChunkOctets = 64 * 1024;
    private static ReadOnlySpan<byte> Mark => "postoffice-drop 1\n"u8;

    /// <summary>
    /// Leaves a message under a name nobody can guess. When this returns, the content, the envelope and the name outlast a power cut.
    /// </summary>
    /// <param name="content">Canonical: every line ends in CRLF. Read to its end.</param>
    /// <returns>The file's name.</returns>
    /// <exception cref="IOException">It cannot be left; nothing of it stays.</exception>
    public static string Write(string directory, DropEnvelope envelope, Stream content)
    {
        var name = Guid.NewGuid().ToString("N"); // 122 random bits of the system; RandomNumberGenerator would load all of OpenSSL into sendmail
        var whole = Path.Join(directory, name);
        var part = whole + UnfinishedSuffix;
        using var file = SafeFile.Open(part, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL, ReadableByAll);
        try
        {
            var descriptor = (int)file.DangerousGetHandle();
            Libc.Check(Libc.FChmod(descriptor, ReadableByAll), part); // the caller's umask does not know who must read it
            Fill(file, envelope, content);
            Libc.Check(Libc.FSync(descriptor), part);
            Libc.Check(Libc.Rename(part, whole), whole);
            part = whole;
            Libc.Check(Libc.SyncFs(descriptor), whole); // the directory itself cannot be opened by the caller, so not synced either
            return name;
        }
        catch
        {
            _ = Libc.Unlink(part); // the error that led here is the one to tell; a leftover is swept by the listener
            throw;
        }
    }

    /// <summary>Reads the first two lines and leaves the file at its content.</summary>
    /// <param name="file">Opened with O_NOFOLLOW and checked: regular, one link.</param>
    /// <returns>Null when this is no drop file.</returns>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static DropEnvelope? ReadEnvelope(FileStream file)
    {
        var octets = new byte[Math.Min(MaxEnvelopeOctets, file.Length)];
        file.Position = 0;
        var front = octets.AsSpan(0, file.ReadAtLeast(octets, octets.Length, throwOnEndOfStream: false));
        if (!front.StartsWith(Mark)) return null;
        var line = front[Mark.Length..];
        var end = line.IndexOf((byte)'\n');
        if (end < 0) return null;
        try
        {
            file.Position = Mark.Length + end + 1;
            return JsonSerializer.Deserialize(line[..end], DropJson.Default.DropEnvelopeText) is { } text ? DropEnvelope.FromText(text) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static void Fill(SafeFileHandle file, DropEnvelope envelope, Stream content)
    {
        var json = JsonSerializer.Serialize(envelope.ToText(), DropJson.Default.DropEnvelopeText);
        var front = Encoding.UTF8.GetBytes(json + "\n");
        if (Mark.Length + front.Length > MaxEnvelopeOctets) throw new IOException("the envelope has too many recipients for a drop file");
        RandomAccess.Write(file, Mark, 0);
        long at = Mark.Length;
        RandomAccess.Write(file, front, at);
        at += front.Length;
        var chunk = new byte[ChunkOctets];
        for (int read; (read = content.Read(chunk)) > 0; at += read) RandomAccess.Write(file, chunk.AsSpan(0, read), at);
    }
}
