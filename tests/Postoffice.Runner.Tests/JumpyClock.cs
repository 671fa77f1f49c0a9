using Microsoft.Extensions.Time.Testing;

namespace Postoffice.Runner.Tests;

/// <summary>A fake clock whose wall time somebody may set, while time itself goes on as before.</summary>
internal sealed class JumpyClock(DateTimeOffset start) : FakeTimeProvider(start)
{
    /// <summary>How far the wall clock was set forward.</summary>
    public TimeSpan Jump { get; set; }

    public override long GetTimestamp() => base.GetUtcNow().Ticks; // the base would ask the wall clock

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Jump;
}
