using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging.Abstractions;
using Postoffice.Store;
using Postoffice.Store.Configuration;
using Postoffice.Store.Control;
using Postoffice.Store.Native;

namespace Postoffice.Admin.Commands;

/// <summary>
/// Where answers come from: the store itself for root and its owner, a service for everybody else. The answers are the same, so whoever shows
/// them need not know.
/// </summary>
/// <param name="tell">Takes a sentence when a service keeps the asker waiting; null when nobody wants to know.</param>
internal sealed class Inquiry(Settings settings, TimeProvider clock, Action<string>? tell = null)
{
    private static readonly string[] Sockets = ["runner.sock", "smtpd.sock"];
    private static readonly ControlAnswer StoreAlone =
        ControlAnswer.Ended(why: "postoffice-runner does not run, so nothing is tried; this is what the store knows.");

    private readonly uint caller = Libc.GetEuid(); // before root becomes the store's owner

    /// <summary>Everything there is to say, ended by a <see cref="ControlEnd"/>.</summary>
    /// <exception cref="StoreRefusedException">The store must not be opened.</exception>
    public IAsyncEnumerable<ControlAnswer> AskAsync(ControlRequest request, CancellationToken ct) => StoreDoor.IsOpen(settings)
        ? FromStoreAsync(request)
        : FromServiceAsync(request, Sockets, ct);

    /// <summary>
    /// An operator's act: the runner does it, as it knows what is under way. While none runs, whoever may open the store records it himself.
    /// </summary>
    /// <exception cref="StoreRefusedException">The store must not be opened.</exception>
    public async IAsyncEnumerable<ControlAnswer> OrderAsync(ControlRequest request, [EnumeratorCancellation] CancellationToken ct)
    {
        var (client, why) = await ControlClient.ConnectAsync(Path.Join(ServicePlaces.ControlDirectory(settings), Sockets[0]), clock, ct, tell);
        using var connected = client;
        if (client is not null)
        {
            await foreach (var answer in client.AskAsync(request, ct)) yield return answer;
        }
        else if (StoreDoor.IsOpen(settings))
        {
            using var store = StoreDoor.OpenForWriting(settings, clock, NullLogger.Instance);
            await foreach (var answer in new OperatorDesk(new JournalActs(store.Events)).AnswerAsync(request, ControlRights.OfOwner(caller), ct)) yield return answer;
        }
        else
        {
            yield return ControlAnswer.Ended(ExitCode.Unavailable, $"There is nobody to ask: postoffice-runner does not run ({why}).");
        }
    }

    /// <summary>What the runner knows more of than the store: while none runs, and it can be opened, the store alone tells.</summary>
    /// <exception cref="StoreRefusedException">The store must not be opened.</exception>
    public async IAsyncEnumerable<ControlAnswer> AskRunnerFirstAsync(ControlRequest request, [EnumeratorCancellation] CancellationToken ct)
    {
        var (client, _) = await ControlClient.ConnectAsync(Path.Join(ServicePlaces.ControlDirectory(settings), Sockets[0]), clock, ct, tell);
        using var connected = client;
        if (client is not null)
        {
            await foreach (var answer in client.AskAsync(request, ct)) yield return answer;
            yield break;
        }
        await foreach (var answer in AskAsync(request, ct)) yield return answer is { End: { ExitCode: ExitCode.Ok, Why: null } } ? StoreAlone : answer;
    }

    /// <summary>What only the runner can do, whoever asks.</summary>
    public IAsyncEnumerable<ControlAnswer> AskRunnerAsync(ControlRequest request, CancellationToken ct) => FromServiceAsync(request, Sockets[..1], ct);

    private async IAsyncEnumerable<ControlAnswer> FromStoreAsync(ControlRequest request)
    {
        using var store = StoreDoor.Open(settings);
        foreach (var answer in new StoreAnswers(store).Answer(request, ControlRights.OfOwner(caller))) yield return answer;
        await Task.CompletedTask;
    }

    private async IAsyncEnumerable<ControlAnswer> FromServiceAsync(ControlRequest request, string[] sockets, [EnumeratorCancellation] CancellationToken ct)
    {
        var directory = ServicePlaces.ControlDirectory(settings);
        var reasons = new List<string>();
        foreach (var socket in sockets)
        {
            var (client, why) = await ControlClient.ConnectAsync(Path.Join(directory, socket), clock, ct, tell);
            if (client is null)
            {
                reasons.Add(why);
                continue;
            }
            using var connected = client;
            await foreach (var answer in client.AskAsync(request, ct)) yield return answer;
            yield break;
        }
        var service = sockets.Length == 1 ? "postoffice-runner does not run" : "neither postoffice-runner nor postoffice-smtpd runs";
        yield return ControlAnswer.Ended(ExitCode.Unavailable, $"There is nobody to ask: {service} ({string.Join("; ", reasons)}).");
    }
}
