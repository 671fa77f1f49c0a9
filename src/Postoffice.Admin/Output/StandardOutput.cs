using Postoffice.Store.Native;

namespace Postoffice.Admin.Output;

/// <summary>The reader of our output has gone, as in <c>mailq | head</c>: nothing more need be said.</summary>
internal sealed class ReaderGoneException() : IOException("nobody reads the output any more");

/// <summary>
/// File descriptor 1 itself. The framework's console stream drops what a closed pipe does not take and says nothing, so a listing of a long
/// queue would go on for nobody; and its file streams keep an offset of their own, which a shell's other programs do not share.
/// </summary>
internal sealed class StandardOutput : Stream
{
    private const int Descriptor = 1;
    private bool gone;

    public override bool CanRead => false;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <exception cref="ReaderGoneException">Once; what is written later goes nowhere.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty && !gone)
        {
            var written = Libc.Write(Descriptor, buffer, buffer.Length);
            if (written >= 0) buffer = buffer[(int)written..];
            else if (System.Runtime.InteropServices.Marshal.GetLastPInvokeError() == Libc.EPIPE) Leave();
            else Libc.CheckUnlessInterrupted("standard output");
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush() { }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private void Leave()
    {
        gone = true;
        throw new ReaderGoneException();
    }
}
