using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Postoffice.Testing;

/// <summary>An authority that nobody trusts unless told to, and the certificates it issues. All valid around <see cref="Cast.Noon"/> and now.</summary>
public sealed class TestAuthority : IDisposable
{
    public static readonly DateTimeOffset Begin = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), End = new(2120, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 certificate;

    public TestAuthority()
    {
        var request = new CertificateRequest("CN=Test Authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        certificate = request.CreateSelfSigned(Begin, End);
    }

    /// <summary>Its own certificate, as <c>tls-ca=</c> takes it.</summary>
    public string Pem => certificate.ExportCertificatePem();

    /// <summary>A server's certificate for a DNS name, with its key.</summary>
    public X509Certificate2 Issue(string name, DateTimeOffset? until = null)
    {
        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var issued = Request(name, own).Create(certificate, Begin, until ?? End.AddDays(-1), RandomNumberGenerator.GetBytes(8));
        return issued.CopyWithPrivateKey(own);
    }

    /// <summary>A server's certificate that signs itself, with its key.</summary>
    public static X509Certificate2 SelfSigned(string name)
    {
        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Request(name, own).CreateSelfSigned(Begin, End);
    }

    public static byte[] PemWithKey(X509Certificate2 server) => Encoding.UTF8.GetBytes(
        $"{server.ExportCertificatePem()}\n{server.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem()}\n");

    public void Dispose()
    {
        certificate.Dispose();
        key.Dispose();
    }

    private static CertificateRequest Request(string name, ECDsa own)
    {
        var request = new CertificateRequest($"CN={name}", own, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        return request;
    }
}
