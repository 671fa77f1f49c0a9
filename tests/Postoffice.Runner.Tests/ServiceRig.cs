using System.Diagnostics;
using Postoffice.Runner.Deliverer;
using Postoffice.Store;
using Postoffice.Store.Configuration;
using Postoffice.Store.Log;
using Postoffice.Testing;

namespace Postoffice.Runner.Tests;

/// <summary>
/// The service as its program composes it, on a store of the test and a fake clock, with a deliverer that is a process of its own.
/// </summary>
internal sealed class ServiceRig : IAsyncDisposable
{
    private static readonly string Program = Path.Join(AppContext.BaseDirectory, "postoffice-runner");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30); // real time: says only when to call it a failure
    private readonly TempStore temp;
    private readonly string configuration;
    private readonly StringWriter said = new();
    private readonly CancellationTokenSource stop = new();
    private WorkingsFactory factory = null!;
    private Task<int> running = Task.FromResult(0);

    private ServiceRig()
    {
        Assert.True(Environment.IsPrivilegedProcess, "the deliverer takes users' rights, so this test must run as root");
        temp = new TempStore(Clock);
        configuration = temp.Directory.File("postoffice.cf");
    }

    public JumpyClock Clock { get; } = new(Cast.Noon);
    public MailStore Store => temp.Store;
    public string StorePath => temp.Options.Path;
    public DelivererClient Deliverer { get; private set; } = null!;
    public RunnerService Service { get; private set; } = null!;

    /// <summary>What it logged and said, a line each.</summary>
    public string Said
    {
        get
        {
            lock (said) return said.ToString();
        }
    }

    /// <param name="settings">Lines that come after the ones every rig has.</param>
    public static async Task<ServiceRig> NewAsync(params string[] settings)
    {
        var rig = new ServiceRig();
        rig.Configure(settings);
        var ct = TestContext.Current.CancellationToken;
        rig.Deliverer = (await DelivererClient.StartAsync(Program, rig.configuration, ct))!;
        rig.factory = new WorkingsFactory(rig.Store, rig.Deliverer, startedAsRoot: true, rig.Clock);
        var current = rig.Load();
        var log = new ServiceLog("runner", TextWriter.Synchronized(rig.said), rig.Clock, journal: false);
        rig.Service = new RunnerService(rig.Store, rig.StorePath, current, await rig.factory.MakeAsync(current, ct), rig.factory, rig.Deliverer, rig.Clock, log);
        return rig;
    }

    /// <summary>Writes the configuration anew; who wants it in force reloads.</summary>
    public void Configure(params string[] settings)
    {
        using var file = new StreamWriter(new FileStream(configuration, FileMode.Create));
        string[] lines = ["hostname=mx.example.test", "local-domain=example.test", $"mailbox=maildir:{temp.Directory.File("mail/%u")}", "retry=1h", .. settings];
        foreach (var line in lines) file.WriteLine(line);
    }

    public Settings Load() => ConfigurationFile.Load(configuration, []);

    /// <summary>Starts, and waits until it holds the lease.</summary>
    public async Task<Task<int>> StartAsync()
    {
        running = Task.Run(() => Service.RunAsync(stop.Token));
        await UntilAsync(() => Service.Dispatcher is not null || running.IsCompleted);
        return running;
    }

    /// <summary>As SIGTERM does.</summary>
    public void Stop() => stop.Cancel();

    /// <summary>Sends a signal to the deliverer.</summary>
    public void SignalDeliverer(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{Deliverer.ProcessId}"]);
        kill.WaitForExit();
    }

    /// <summary>Lets the fake clock run on in steps until the service has ended.</summary>
    /// <returns>Its exit code, and how long it took by that clock.</returns>
    public async Task<(int ExitCode, TimeSpan Took)> EndAsync()
    {
        var began = Clock.GetTimestamp();
        await UntilAsync(() => running.IsCompleted, TimeSpan.FromSeconds(1));
        return (await running, Clock.GetElapsedTime(began));
    }

    /// <summary>Waits for what the service brings about in its own time; the fake clock runs by <paramref name="step"/> at each look.</summary>
    public async Task UntilAsync(Func<bool> holds, TimeSpan step = default)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (!holds())
        {
            if (limit.IsCancellationRequested) Assert.Fail($"it did not come to that. The service said:\n{Said}");
            Clock.Advance(step);
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Stop();
        if (!Deliverer.Ended.IsCompleted) SignalDeliverer("KILL");
        await UntilAsync(() => running.IsCompleted, TimeSpan.FromSeconds(1));
        await Deliverer.DisposeAsync();
        temp.Dispose();
        stop.Dispose();
    }
}
