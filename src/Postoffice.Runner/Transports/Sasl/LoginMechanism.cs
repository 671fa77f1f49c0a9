using System.Text;

namespace Postoffice.Runner.Transports.Sasl;

/// <summary>LOGIN: never standardised; name, then password, whatever the prompts say (they differ from server to server).</summary>
internal sealed class LoginMechanism(Credentials credentials) : ISaslMechanism
{
    private int asked;

    public string Name => "LOGIN";

    public string? Doubt => null;

    public byte[]? Begin() => null;

    public SaslAnswer Answer(ReadOnlySpan<byte> challenge) => ++asked switch
    {
        1 => new SaslAnswer.Response(Encoding.UTF8.GetBytes(credentials.User)),
        2 => new SaslAnswer.Response(Encoding.UTF8.GetBytes(credentials.Password)),
        _ => new SaslAnswer.Refusal("it asks on where LOGIN has nothing more to say"),
    };
}
