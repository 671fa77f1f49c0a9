using Postoffice.Store.Configuration;
using Postoffice.Store.Mail;
using Postoffice.Store.Native;

namespace Postoffice.Store.Directory;

/// <summary>Which user of this machine a local part names.</summary>
/// <param name="postmaster">Who gets the postmaster's mail: <c>postmaster=</c>, else root, or the own user when we are not root.</param>
public sealed class LocalUsers(string postmaster, TimeProvider clock)
{
    private const string PostmasterName = "postmaster";
    private readonly RecentFinds<SystemUser> users = new(clock, SystemUser.Find);

    /// <param name="startedAsRoot">Whether the program began with root's rights, whatever it runs with now.</param>
    public static LocalUsers From(Settings settings, bool startedAsRoot, TimeProvider clock) =>
        new(settings.Text("postmaster", startedAsRoot ? "root" : SystemUser.Find(Libc.GetEuid())?.Name ?? "root"), clock);

    /// <summary>
    /// Null when nobody here goes by that name. Users are found as written or in lower case (RFC 5321 §2.4 leaves that to us), and
    /// <c>postmaster</c> in any case (§4.5.1).
    /// </summary>
    /// <exception cref="IOException">The password database could not be asked: our trouble, not an unknown user.</exception>
    public SystemUser? Find(Mailbox mailbox)
    {
        var name = mailbox.LocalPart;
        if (name.Equals(PostmasterName, StringComparison.OrdinalIgnoreCase)) return users.Find(postmaster);
        return users.Find(name) ?? (name.ToLowerInvariant() is var lower && lower != name ? users.Find(lower) : null);
    }
}
