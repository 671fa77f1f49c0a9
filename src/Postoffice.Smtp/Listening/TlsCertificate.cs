using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Postoffice.Store.Configuration;
using Postoffice.Store.Native;

namespace Postoffice.Smtp.Listening;

/// <summary>Reads certificate, chain and key from PEM files, once for each load of the configuration.</summary>
internal static class TlsCertificate
{
    private const int MaxOctets = 1 << 20;

    /// <returns>Null when no certificate is set.</returns>
    /// <exception cref="SettingException">A file cannot be read or does not hold what it should.</exception>
    public static SslStreamCertificateContext? Load(Settings settings)
    {
        if (settings.Find("tls-cert") is not { Value: { Length: > 0 } file } setting) return null;
        var key = settings.Find("tls-key") is { Value.Length: > 0 } named ? named : setting;
        try
        {
            var pem = SafeFile.ReadText(Path.GetFullPath(file), MaxOctets);
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(pem);
            var own = X509Certificate2.CreateFromPem(pem, SafeFile.ReadText(Path.GetFullPath(key.Value!), MaxOctets));
            return SslStreamCertificateContext.Create(own, chain, offline: true);
        }
        catch (Exception unusable) when (unusable is IOException or CryptographicException)
        {
            throw new SettingException(setting, $"a PEM file with a certificate and its key (tls-key=) is expected ({unusable.Message})");
        }
    }
}
