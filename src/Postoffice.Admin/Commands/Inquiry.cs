using System.Runtime.CompilerServices;
using Postoffice.Store;
using Postoffice.Store.Configuration;
using Postoffice.Store.Control;
using Postoffice.Store.Native;

namespace Postoffice.Admin.Commands;

/// <summary>
/// Where answers come from: the store itself for root and its owner, a service for everybody else. The answers are the same, so whoever shows
/// them need not know.
/// </summary>
internal sealed class Inquiry(Settings settings, TimeProvider clock)
{
    private static readonly string[] Sockets = ["runner.sock", "smtpd.sock"];

    /// <summary>Everything there is to say, ended by a <see cref="ControlEnd"/>.</summary>
    /// <exception cref="StoreRefusedException">The store must not be opened.</exception>
    public IAsyncEnumerable<ControlAnswer> AskAsync(ControlRequest request, CancellationToken ct) => StoreDoor.IsOpen(settings)
        ? FromStoreAsync(request)
        : FromServiceAsync(request, Sockets, ct);

    /// <summary>What only the runner can do, whoever asks.</summary>
    public IAsyncEnumerable<ControlAnswer> AskRunnerAsync(ControlRequest request, CancellationToken ct) => FromServiceAsync(request, Sockets[..1], ct);

    private async IAsyncEnumerable<ControlAnswer> FromStoreAsync(ControlRequest request)
    {
        using var store = StoreDoor.Open(settings);
        foreach (var answer in new StoreAnswers(store).Answer(request, ControlRights.OfOwner(Libc.GetEuid()))) yield return answer;
        await Task.CompletedTask;
    }

    private async IAsyncEnumerable<ControlAnswer> FromServiceAsync(ControlRequest request, string[] sockets, [EnumeratorCancellation] CancellationToken ct)
    {
        var directory = ServicePlaces.ControlDirectory(settings);
        var reasons = new List<string>();
        foreach (var socket in sockets)
        {
            var (client, why) = await ControlClient.ConnectAsync(Path.Join(directory, socket), clock, ct);
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
