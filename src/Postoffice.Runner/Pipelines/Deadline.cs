namespace Postoffice.Runner.Pipelines;

/// <summary>The end of what consists of many steps, each with a limit of its own: asked before each, so that nothing is cut off in the middle.</summary>
internal sealed class Deadline(TimeSpan limit, TimeProvider clock)
{
    private readonly long began = clock.GetTimestamp();

    public TimeSpan Limit => limit;

    public bool IsOver => clock.GetElapsedTime(began) >= limit;
}
