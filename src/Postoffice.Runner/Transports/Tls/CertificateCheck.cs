using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Postoffice.Runner.Transports.Tls;

/// <summary>Judges one server's certificate under <c>verify</c>: by the system's authorities, then by those of <c>tls-ca=</c>.</summary>
/// <param name="host">Whose certificate it must be (RFC 6125).</param>
/// <param name="authorities">Trusted beside the system's; null for none.</param>
internal sealed class CertificateCheck(string host, X509Certificate2Collection? authorities, TimeProvider clock)
{
    /// <summary>What is wrong with the certificate, as a sentence's end; null when nothing is.</summary>
    public string? Defect { get; private set; }

    /// <summary>Nothing is ever fetched that a certificate names: neither issuers nor revocation lists.</summary>
    public static X509ChainPolicy Policy(X509ChainTrustMode trust, TimeProvider clock) => new()
    {
        TrustMode = trust,
        RevocationMode = X509RevocationMode.NoCheck,
        DisableCertificateDownloads = true,
        VerificationTime = clock.GetLocalNow().DateTime,
    };

    /// <summary>For <see cref="SslClientAuthenticationOptions.RemoteCertificateValidationCallback"/>.</summary>
    public bool Judge(X509Certificate? shown, X509Chain? chain, SslPolicyErrors errors)
    {
        if (shown is not X509Certificate2 certificate || chain is null) return Fail("it shows no certificate");
        var defects = new List<string>();
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors) && ChainDefect(certificate, chain) is { } defect) defects.Add(defect);
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)) defects.Add($"its certificate is not for {host}");
        return defects.Count == 0 || Fail(string.Join("; ", defects));
    }

    private string? ChainDefect(X509Certificate2 certificate, X509Chain bySystem)
    {
        if (authorities is null) return Words(certificate, bySystem);
        using var byFile = new X509Chain { ChainPolicy = Policy(X509ChainTrustMode.CustomRootTrust, clock) };
        byFile.ChainPolicy.CustomTrustStore.AddRange(authorities);
        byFile.ChainPolicy.ExtraStore.AddRange(bySystem.ChainPolicy.ExtraStore); // what the server sent along
        byFile.ChainPolicy.ApplicationPolicy.Add(ServerAuthentication);
        return byFile.Build(certificate) ? null : Words(certificate, byFile);
    }

    private static System.Security.Cryptography.Oid ServerAuthentication => new("1.3.6.1.5.5.7.3.1"); // RFC 5280 §4.2.1.12

    private string Words(X509Certificate2 certificate, X509Chain chain)
    {
        var all = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (sum, status) => sum | status.Status);
        var now = clock.GetLocalNow().DateTime;
        if (all.HasFlag(X509ChainStatusFlags.NotTimeValid))
        {
            if (now > certificate.NotAfter) return $"its certificate expired on {certificate.NotAfter.ToUniversalTime():yyyy-MM-dd}";
            return now < certificate.NotBefore
                ? $"its certificate is not valid before {certificate.NotBefore.ToUniversalTime():yyyy-MM-dd}"
                : "a certificate in its chain is out of date";
        }
        if (all.HasFlag(X509ChainStatusFlags.UntrustedRoot) || all.HasFlag(X509ChainStatusFlags.PartialChain))
        {
            return certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData)
                ? "its certificate is signed by itself alone"
                : "its certificate comes from no authority we trust";
        }
        return $"its certificate cannot be used ({all})";
    }

    private bool Fail(string defect)
    {
        Defect = defect;
        return false;
    }
}
