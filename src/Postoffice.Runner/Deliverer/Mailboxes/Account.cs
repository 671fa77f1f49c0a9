using Postoffice.Runner.Deliverer.Rights;
using Postoffice.Store.Mail;
using Postoffice.Store.Native;

namespace Postoffice.Runner.Deliverer.Mailboxes;

/// <summary>A user of this system as the password database, and nobody else, describes him.</summary>
internal sealed record Account(SystemUser User, UserRights Rights)
{
    /// <summary>Asks the password database. A name is used in a path only if it is his name in the database to the letter.</summary>
    /// <exception cref="IOException">The database could not be asked.</exception>
    public static Account? Find(string name) => SystemUser.Find(name) is { } user && user.Name == name ? new Account(user, UserRights.Of(user)) : null;

    /// <summary>Looks the user up, and whether his mailbox can be written.</summary>
    /// <param name="accounts">Those found by <see cref="Find(string)"/>.</param>
    /// <param name="failure">When null is returned.</param>
    public static Account? Find(string name, RecentFinds<Account> accounts, RightsSwitch rights, out DeliveryFailure failure)
    {
        failure = new DeliveryFailure(new EnhancedStatusCode(5, 1, 1), "There is no such user here");
        if (!IsSafe(name)) return null;
        try
        {
            if (accounts.Find(name) is not { } account) return null;
            if (rights.IsRoot || rights.OwnUid == account.User.Uid) return account;
        }
        catch (IOException e)
        {
            failure = new DeliveryFailure(new EnhancedStatusCode(4, 3, 0), $"The user cannot be looked up: {e.Message}");
            return null;
        }
        // Temporary, for it is our trouble: started as root the same mail would be delivered.
        failure = new DeliveryFailure(new EnhancedStatusCode(4, 3, 5), "Started without root's rights, this system writes only the mailbox of the user who started it");
        return null;
    }

    private static bool IsSafe(string name) =>
        name.Length is > 0 and <= 255 && name[0] is not ('-' or '.') && !name.AsSpan().ContainsAny('/', '\\') && !name.Any(char.IsControl);
}
