namespace Postoffice.Smtp.Listening;

/// <summary>
/// A session runs on the thread that hears of its octets, one for each processor: handing every command to the thread pool and back cost a
/// seventh of the processor time of intake (docs/performance.md). So nothing on such a thread may wait for anybody: what may, goes to the pool
/// first, and who sends without a pause gives his place away now and then.
/// </summary>
internal static class SocketThreads
{
    /// <summary>To be called before the first socket is made; the runtime looks once.</summary>
    public static void RunSessions() => Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");

    /// <summary>The caller goes on in the thread pool, where it may block and keeps nobody else from running.</summary>
    public static async ValueTask LeaveAsync() => await Task.Yield();
}
