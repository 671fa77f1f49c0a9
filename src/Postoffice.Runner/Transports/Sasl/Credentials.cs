namespace Postoffice.Runner.Transports.Sasl;

/// <summary>Who we are for a next hop. A class, so that nothing prints the password by itself.</summary>
internal sealed class Credentials(string user, string password)
{
    /// <summary>Octets of a name or a password at most.</summary>
    public const int MaxOctets = 255;

    public string User => user;

    public string Password => password;

    public override string ToString() => user;
}
