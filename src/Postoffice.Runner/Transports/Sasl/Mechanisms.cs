using System.Security.Cryptography;

namespace Postoffice.Runner.Transports.Sasl;

/// <summary>Which mechanism is used: the best of those offered.</summary>
internal static class Mechanisms
{
    /// <param name="offered">As the server names them, in any case.</param>
    /// <param name="mayTellPassword">Whether the password itself may go over this connection.</param>
    /// <returns>Null when none will do.</returns>
    public static ISaslMechanism? Choose(IReadOnlyCollection<string> offered, Credentials credentials, bool mayTellPassword)
    {
        if (Offers("SCRAM-SHA-256")) return new ScramMechanism(HashAlgorithmName.SHA256, credentials);
        if (Offers("SCRAM-SHA-1")) return new ScramMechanism(HashAlgorithmName.SHA1, credentials);
        if (!mayTellPassword) return null;
        if (Offers("PLAIN")) return new PlainMechanism(credentials);
        return Offers("LOGIN") ? new LoginMechanism(credentials) : null;

        bool Offers(string name) => offered.Contains(name, StringComparer.OrdinalIgnoreCase);
    }
}
