using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Postoffice.Store.Native;
using Postoffice.Testing;

namespace Postoffice.Smtp.Tests.Listening;

/// <summary>A certificate that signs itself.</summary>
internal static class TestCertificate
{
    /// <summary>Writes a fresh certificate with its key; the answer is the setting that names it.</summary>
    public static string Write(TempDirectory files, string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
        using var file = SafeFile.Open(files.File("tls.pem"), Libc.O_WRONLY | Libc.O_CREAT | Libc.O_TRUNC);
        RandomAccess.Write(file, Encoding.UTF8.GetBytes(certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n"), 0);
        return $"tls-cert={files.File("tls.pem")}";
    }
}
