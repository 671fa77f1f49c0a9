using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Postoffice.Store.Configuration;
using Postoffice.Store.Native;

namespace Postoffice.Runner.Transports.Tls;

/// <summary>What sessions to next hops ask of TLS: <c>tls-policy=</c> and <c>tls-ca=</c>.</summary>
internal sealed class TlsRules
{
    private const int MaxOctets = 1 << 20;
    private readonly TlsPolicyTable policies;
    private readonly X509Certificate2Collection? authorities;
    private readonly TimeProvider clock;

    private TlsRules(TlsPolicyTable policies, X509Certificate2Collection? authorities, TimeProvider clock)
    {
        this.policies = policies;
        this.authorities = authorities;
        this.clock = clock;
    }

    /// <exception cref="SettingException">A value or the file cannot be used.</exception>
    public static TlsRules From(Settings settings, TimeProvider clock) => new(TlsPolicyTable.From(settings), Authorities(settings), clock);

    /// <inheritdoc cref="TlsPolicyTable.Find"/>
    public TlsPolicy PolicyFor(string destination) => policies.Find(destination);

    /// <summary>A handshake with this host. TLS 1.2 or later (RFC 8996); no session is resumed, so nothing outlives a connection.</summary>
    /// <param name="check">Knows afterwards what is wrong with the certificate; null when none is judged.</param>
    public SslClientAuthenticationOptions Handshake(string host, TlsPolicy policy, out CertificateCheck? check)
    {
        var judge = policy is TlsPolicy.Verify ? new CertificateCheck(host, authorities, clock) : null;
        check = judge;
        return new SslClientAuthenticationOptions
        {
            TargetHost = host, // SNI; not sent for an address
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            AllowRenegotiation = false,
            AllowTlsResume = false,
            // Where nothing is judged an empty list of authorities spares the loading of the system's.
            CertificateChainPolicy = CertificateCheck.Policy(judge is null ? X509ChainTrustMode.CustomRootTrust : X509ChainTrustMode.System, clock),
            RemoteCertificateValidationCallback = (_, certificate, chain, errors) => judge is null || judge.Judge(certificate, chain, errors),
        };
    }

    private static X509Certificate2Collection? Authorities(Settings settings)
    {
        if (settings.Find("tls-ca") is not { Value: { Length: > 0 } file } setting) return null;
        try
        {
            var found = new X509Certificate2Collection();
            found.ImportFromPem(SafeFile.ReadText(Path.GetFullPath(file), MaxOctets));
            return found.Count > 0 ? found : throw new CryptographicException("it holds no certificate");
        }
        catch (Exception unusable) when (unusable is IOException or CryptographicException)
        {
            throw new SettingException(setting, $"a PEM file with the certificates of authorities is expected ({unusable.Message})");
        }
    }
}
