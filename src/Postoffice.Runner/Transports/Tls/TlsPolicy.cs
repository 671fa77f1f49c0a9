namespace Postoffice.Runner.Transports.Tls;

/// <summary>How a session is to be protected; each asks for more than the one before.</summary>
internal enum TlsPolicy
{
    /// <summary>In the clear, whatever is offered.</summary>
    None,

    /// <summary>TLS where it is offered and works, without a look at the certificate (RFC 7435); else in the clear.</summary>
    May,

    /// <summary>TLS or no mail; still without a look at the certificate.</summary>
    Encrypt,

    /// <summary>TLS with a certificate for the host, from an authority we trust, or no mail.</summary>
    Verify,
}
