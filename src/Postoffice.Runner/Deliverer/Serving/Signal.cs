using System.Buffers;

namespace Postoffice.Runner.Deliverer.Serving;

/// <summary>What a job is told.</summary>
internal abstract record Signal
{
    private Signal()
    {
    }

    /// <summary>First of all signals.</summary>
    public sealed record Begin : Signal;

    /// <param name="Buffer">Rented; given back by the job when it is done.</param>
    public sealed record Content(byte[] Buffer, int Length) : Signal
    {
        public void Return() => ArrayPool<byte>.Shared.Return(Buffer);
    }

    public sealed record ContentEnd : Signal;

    public sealed record Commit : Signal;

    public sealed record Abort : Signal;

    /// <summary>Instead of <see cref="Commit"/> when the intent may or may not become durable: unlock, but leave what a recovery would look for.</summary>
    public sealed record Release : Signal;

    /// <summary>A turn has come or a time has passed: look again.</summary>
    public sealed record Wake : Signal;

    /// <summary>The runner is gone: let everything go as it is.</summary>
    public sealed record Close : Signal;
}
