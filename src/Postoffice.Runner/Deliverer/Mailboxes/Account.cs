using Postoffice.Runner.Deliverer.Rights;
using Postoffice.Store.Mail;
using Postoffice.Store.Native;

namespace Postoffice.Runner.Deliverer.Mailboxes;

/// <summary>A user of this system as the password database, and nobody else, describes him.</summary>
internal sealed record Account(SystemUser User, UserRights Rights)
{
    /// <summary>Looks the user up. A name is used in a path only if it is his name in the database to the letter.</summary>
    /// <param name="failure">When null is returned.</param>
    public static Account? Find(string name, RightsSwitch rights, out DeliveryFailure failure)
    {
        failure = new DeliveryFailure(new EnhancedStatusCode(5, 1, 1), "There is no such user here");
        if (!IsSafe(name)) return null;
        try
        {
            if (SystemUser.Find(name) is not { } user || user.Name != name) return null;
            if (rights.IsRoot || rights.OwnUid == user.Uid) return new Account(user, UserRights.Of(user));
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
