using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Postoffice.Store;
using Postoffice.Testing;

namespace Postoffice.Benchmarks;

/// <summary>What <c>scripts/make-history</c> was asked for, and the exit code (sysexits.h).</summary>
internal static class HistoryCommand
{
    private const int Usage = 64, CannotCreate = 73, Interrupted = 130;

    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, CancellationToken ct)
    {
        var (facts, waiting, path) = (0L, 0L, "");
        for (var at = 0; at < arguments.Count; at++)
        {
            switch (arguments[at])
            {
                case "--help" or "-h":
                    Console.Out.Write(Help);
                    return 0;
                case "--facts" when Number(at + 1) is { } number:
                    (facts, at) = (number, at + 1);
                    break;
                case "--waiting" when Number(at + 1) is { } number:
                    (waiting, at) = (number, at + 1);
                    break;
                case { Length: > 0 } name when name[0] != '-' && path.Length == 0:
                    path = Path.GetFullPath(name);
                    break;
                case var unknown:
                    return Refuse($"'{unknown}' is no option used as --help shows", Usage);
            }
        }

        if (path.Length == 0) return Refuse("name the store that is to be made, such as /var/tmp/postoffice.db", Usage);
        if (Path.Exists(path)) return Refuse($"{path} is there already: only a new store is filled; name another, or move it away", CannotCreate);
        try
        {
            await MakeAsync(path, facts, waiting, ct);
            return 0;
        }
        catch (StoreRefusedException trouble)
        {
            return Refuse(trouble.Message, CannotCreate);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return Refuse($"interrupted: {path} holds a part of it", Interrupted);
        }

        long? Number(int at) =>
            at < arguments.Count && long.TryParse(arguments[at], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    /// <summary>Makes the store, with progress.</summary>
    /// <param name="facts">Of finished messages, rounded up to whole ones.</param>
    /// <param name="waiting">Messages that wait.</param>
    public static async Task MakeAsync(string path, long facts, long waiting, CancellationToken ct)
    {
        var finished = (facts + HistoryMaker.FactsFinished - 1) / HistoryMaker.FactsFinished;
        using var store = MailStore.Open(new StoreOptions { Path = path }, TimeProvider.System, NullLogger.Instance);
        var maker = new HistoryMaker(store);
        await Progress.FollowAsync(maker.WriteAsync(finished, waiting, ct), () => $"{path}: {maker.Made:N0} of {finished + waiting:N0} messages");
    }

    private static int Refuse(string why, int code)
    {
        Console.Error.WriteLine($"scripts/make-history: {why}");
        return code;
    }

    private const string Help = """
        Makes a store that looks as if it had been in use for a month: to try what postoffice does with a long history or a deep queue.

        usage: scripts/make-history [--facts N] [--waiting N] STORE

          --facts N     facts of finished messages, five each, of the past thirty days (0)
          --waiting N   messages of 2 KiB that were put off and wait, for one recipient each in 1,000 domains (0)
          STORE         the file to make; its directory is made as well, and must not be everybody's to write

        examples:
          scripts/make-history --facts 10000000 /var/tmp/long/postoffice.db
          scripts/make-history --waiting 100000 /var/tmp/deep/postoffice.db

        A million facts take about a minute and 0.5 GB. Let the services use it with store=STORE.

        """;
}
