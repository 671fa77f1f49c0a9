using System.Text;

namespace Postoffice.Runner.Transports.Sasl;

/// <summary>PLAIN (RFC 4616): name and password in one message.</summary>
internal sealed class PlainMechanism(Credentials credentials) : ISaslMechanism
{
    public string Name => "PLAIN";

    public string? Doubt => null;

    public byte[] Begin() => Encoding.UTF8.GetBytes($"\0{credentials.User}\0{credentials.Password}");

    public SaslAnswer Answer(ReadOnlySpan<byte> challenge) => new SaslAnswer.Refusal("it asks on where PLAIN has nothing more to say");
}
