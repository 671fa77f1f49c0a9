using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Postoffice.Runner.Transports.Sasl;

/// <summary>
/// SCRAM (RFC 5802, RFC 7677) without channel binding: the password never leaves us, and the server proves that it knows it as well.
/// </summary>
/// <param name="hash">SHA-256, or SHA-1 for servers that know no better.</param>
/// <param name="clientNonce">Printable, without a comma; fresh for each exchange.</param>
/// <remarks>Names and passwords go as the UTF-8 they are: SASLprep (RFC 4013) changes nothing in ASCII, and the rest is taken as the operator wrote it.</remarks>
internal sealed class ScramMechanism(HashAlgorithmName hash, Credentials credentials, string clientNonce) : ISaslMechanism
{
    /// <summary>RFC 5802 §5.1 asks for 4096 at least; less would hand the password to whoever listens.</summary>
    public const int MinIterations = 4_096;

    /// <summary>Half a second of one processor: a server must not be able to ask for more.</summary>
    public const int MaxIterations = 1_000_000;

    private const string NoChannelBinding = "n,,"; // §7, gs2-header
    private const int NonceOctets = 18;

    private int step;
    private byte[] serverSignature = [];
    private bool hasProof;

    public ScramMechanism(HashAlgorithmName hash, Credentials credentials)
        : this(hash, credentials, Convert.ToBase64String(RandomNumberGenerator.GetBytes(NonceOctets)))
    {
    }

    public string Name => hash == HashAlgorithmName.SHA256 ? "SCRAM-SHA-256" : "SCRAM-SHA-1";

    public string? Doubt => hasProof ? null : "it has not proved that it knows the password";

    private string FirstBare => $"n={credentials.User.Replace("=", "=3D", StringComparison.Ordinal).Replace(",", "=2C", StringComparison.Ordinal)},r={clientNonce}";

    public byte[] Begin() => Encoding.UTF8.GetBytes(NoChannelBinding + FirstBare);

    public SaslAnswer Answer(ReadOnlySpan<byte> challenge) => ++step switch
    {
        1 => Prove(Encoding.Latin1.GetString(challenge)),
        2 => Check(Encoding.Latin1.GetString(challenge)),
        _ => new SaslAnswer.Refusal($"it asks on where {Name} has nothing more to say"),
    };

    /// <summary>server-first-message: <c>r=nonce,s=salt,i=iterations</c>; extensions behind it count as text.</summary>
    private SaslAnswer Prove(string serverFirst)
    {
        var fields = serverFirst.Split(',');
        if (fields is not [['r', '=', .. var nonce], ['s', '=', .. var salted], ['i', '=', .. var count], ..])
        {
            return new SaslAnswer.Refusal($"its first message is not {Name}");
        }
        if (!nonce.StartsWith(clientNonce, StringComparison.Ordinal) || nonce.Length == clientNonce.Length)
        {
            return new SaslAnswer.Refusal("its nonce does not go on from ours");
        }
        if (!TryDecode(salted, out var salt) || salt.Length == 0) return new SaslAnswer.Refusal("its salt is not base64");
        if (!int.TryParse(count, out var iterations) || iterations is < MinIterations or > MaxIterations)
        {
            return new SaslAnswer.Refusal($"its iteration count is not from {MinIterations} to {MaxIterations}");
        }

        var saltedPassword = Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(credentials.Password), salt, iterations, hash, HashOctets);
        var withoutProof = $"c={Convert.ToBase64String(Encoding.UTF8.GetBytes(NoChannelBinding))},r={nonce}";
        var signed = Encoding.UTF8.GetBytes(FirstBare).Concat(Encoding.Latin1.GetBytes($",{serverFirst},{withoutProof}")).ToArray();
        serverSignature = Hmac(Hmac(saltedPassword, "Server Key"u8), signed);
        var clientKey = Hmac(saltedPassword, "Client Key"u8);
        var proof = Hmac(CryptographicOperations.HashData(hash, clientKey), signed);
        for (var i = 0; i < proof.Length; i++) proof[i] ^= clientKey[i];
        return new SaslAnswer.Response(Encoding.Latin1.GetBytes($"{withoutProof},p={Convert.ToBase64String(proof)}"));
    }

    /// <summary>server-final-message: <c>v=signature</c>, or <c>e=</c> and why not.</summary>
    private SaslAnswer Check(string serverFinal)
    {
        if (serverFinal.Split(',')[0] is not ['v', '=', .. var verifier] || !TryDecode(verifier, out var signature))
        {
            return new SaslAnswer.Refusal($"its last message is not {Name}'s proof");
        }
        hasProof = CryptographicOperations.FixedTimeEquals(signature, serverSignature);
        return hasProof ? new SaslAnswer.Response([]) : new SaslAnswer.Refusal("its signature is wrong: it does not know the password");
    }

    private int HashOctets => hash == HashAlgorithmName.SHA256 ? SHA256.HashSizeInBytes : SHA1.HashSizeInBytes;

    private byte[] Hmac(byte[] key, ReadOnlySpan<byte> text) => CryptographicOperations.HmacData(hash, key, text);

    private static bool TryDecode(string base64, [NotNullWhen(true)] out byte[]? octets)
    {
        octets = new byte[base64.Length];
        if (!Convert.TryFromBase64String(base64, octets, out var count)) return false;
        octets = octets[..count];
        return true;
    }
}
