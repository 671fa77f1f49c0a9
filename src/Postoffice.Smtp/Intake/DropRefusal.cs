using Postoffice.Smtp.Dialogue;
using Postoffice.Store.Content;
using Postoffice.Store.Events;
using Postoffice.Store.Log;
using Postoffice.Store.Mail;

namespace Postoffice.Smtp.Intake;

/// <summary>
/// Records that a file of the drop directory is refused and, when it holds a message, queues the bounce to its owner in the same append: there is
/// no moment at which the message is refused and nobody is told.
/// </summary>
/// <remarks>
/// To the owner and not to the reverse-path: it stands for the exit code that <c>sendmail</c> would have given him, so NOTIFY and a null reverse-path
/// do not matter, and no stranger can be made to get it.
/// </remarks>
internal sealed class DropRefusal(ListenerServices services, IEventLog events)
{
    private const string OwnNotice = "DSN"; // in MessageOrigin.Protocol

    /// <param name="name">The file's, made safe.</param>
    /// <param name="keptAs">Where it will be set aside.</param>
    /// <returns>False when another listener was first: his verdict holds.</returns>
    /// <exception cref="StoreUnavailableException">Our own trouble: nothing is recorded.</exception>
    public async ValueTask<bool> RecordAsync(string name, DropOutcome.Refused refused, string keptAs)
    {
        var refusal = new StreamAppend(StreamId.Drop(name), ExpectedVersion.NoStream, [new DropImported(null, refused.Reason)]);
        if (refused.Mail is not { } mail) return await events.AppendAsync(new Append(refusal), CancellationToken.None) is AppendResult.Appended;

        var id = services.Ids.Next();
        var to = AddressOf(mail.Owner);
        var octets = DropBounce.Compose(mail, refused, id, to, services.Rules.Current.Options.HostName, keptAs, services.Clock.GetLocalNow());
        await using var staging = services.Content.Stage(id);
        await staging.WriteAsync(octets, CancellationToken.None);
        var staged = await staging.CompleteAsync(CancellationToken.None);
        var accepted = new MessageAccepted(ReversePath.Null, [new AcceptedRecipient(1, to)], new MessageOrigin(OwnNotice), staged.Length, staged.Sha256);
        var bounce = new StreamAppend(
            StreamId.Message(id), ExpectedVersion.NoStream, [accepted, new HeadersAdded([], HasHeader: true)], CausedByFact: 0);
        return await events.AppendAsync(new Append(refusal, bounce) { Content = staged }, CancellationToken.None) is AppendResult.Appended;
    }

    /// <summary>A login that is no address, and a uid without one, have the postmaster.</summary>
    private static ForwardPath AddressOf(LocalCaller owner) =>
        ForwardPath.TryParse(owner.Login, smtpUtf8: true, out var login, localPartOnly: true) && owner.IsKnown ? login : ForwardPath.Parse("postmaster");
}
