using Postoffice.Runner.Bounces;
using Postoffice.Runner.Routing;
using Postoffice.Runner.Scheduling;
using Postoffice.Runner.Transports;

namespace Postoffice.Runner;

/// <summary>Everything that follows from the settings in force; a reload puts another one in its place as a whole.</summary>
internal sealed record Workings(RunnerOptions Options, IRouter Router, ITransport Mailboxes, ITransport Sessions, BouncePolicy Bounces, IdleConnections Idle);

/// <summary>A value that is replaced as a whole while others read it.</summary>
internal sealed class InForce<T>(T value) where T : class
{
    private volatile T current = value;

    public T Current
    {
        get => current;
        set => current = value;
    }
}
