using System.Security.Cryptography;
using System.Text;

namespace Postoffice.Runner.Tests.Transports.Sasl;

/// <summary>The server's side of SCRAM, written from RFC 5802 §3 by itself, for one exchange.</summary>
internal sealed class ScramServer(HashAlgorithmName hash, string password, int iterations = 4096)
{
    private static readonly byte[] Salt = [1, 2, 3, 4, 5, 6, 7, 8];
    private string clientFirstBare = "", serverFirst = "";

    /// <summary>Makes it lie: where its nonce begins, and what its signature is.</summary>
    public string? WrongNonce { get; init; }

    public bool HasWrongSignature { get; init; }

    /// <summary>Whether it says 235 where its proof is due.</summary>
    public bool GivesNoProof { get; init; }

    /// <summary>Replies to AUTH and to the lines after it.</summary>
    public string Reply(string line)
    {
        if (line.Length == 0) return "235 2.7.0 welcome";
        var client = Encoding.UTF8.GetString(Convert.FromBase64String(line[(line.LastIndexOf(' ') + 1)..]));
        if (line.StartsWith("AUTH ", StringComparison.Ordinal))
        {
            clientFirstBare = client["n,,".Length..];
            var nonce = clientFirstBare[(clientFirstBare.IndexOf(",r=", StringComparison.Ordinal) + 3)..];
            return Challenge(serverFirst = $"r={WrongNonce ?? nonce}server,s={Convert.ToBase64String(Salt)},i={iterations}");
        }
        if (GivesNoProof) return "235 2.7.0 welcome";
        var cut = client.LastIndexOf(",p=", StringComparison.Ordinal);
        var salted = Rfc2898DeriveBytes.Pbkdf2(password, Salt, iterations, hash, hash == HashAlgorithmName.SHA1 ? 20 : 32);
        var message = Encoding.UTF8.GetBytes($"{clientFirstBare},{serverFirst},{client[..cut]}");
        var storedKey = CryptographicOperations.HashData(hash, Hmac(salted, "Client Key"));
        var proof = Convert.FromBase64String(client[(cut + 3)..]);
        var clientKey = CryptographicOperations.HmacData(hash, storedKey, message).Zip(proof, (left, right) => (byte)(left ^ right)).ToArray();
        if (!CryptographicOperations.HashData(hash, clientKey).SequenceEqual(storedKey)) return "535 5.7.8 who are you";
        var signature = CryptographicOperations.HmacData(hash, Hmac(salted, "Server Key"), message);
        if (HasWrongSignature) signature[0] ^= 1;
        return Challenge($"v={Convert.ToBase64String(signature)}");
    }

    private byte[] Hmac(byte[] key, string text) => CryptographicOperations.HmacData(hash, key, Encoding.UTF8.GetBytes(text));

    private static string Challenge(string text) => $"334 {Convert.ToBase64String(Encoding.UTF8.GetBytes(text))}";
}
