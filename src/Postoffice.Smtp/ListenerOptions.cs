using Postoffice.Smtp.Listening;
using Postoffice.Store.Configuration;
using Postoffice.Store.Content;
using Postoffice.Store.Mail;

namespace Postoffice.Smtp;

/// <summary>Settings of the listener. Defaults are RFC 5321's minimums or the classic program's where it had one.</summary>
internal sealed record ListenerOptions
{
    public const string DefaultDrop = "/var/spool/postoffice/drop";

    /// <summary><c>hostname=</c>, <c>self=</c>: our name in the greeting, in Received fields and in what we complete.</summary>
    public required DomainName HostName { get; init; }

    /// <summary><c>listen=</c>, repeatable.</summary>
    public required IReadOnlyList<ListenEndpoint> Endpoints { get; init; }

    /// <summary><c>size=</c> (C-CFG-45): largest message in octets as sent; 0: bounded by the free space alone.</summary>
    public long MaxMessageOctets { get; init; }

    /// <summary><c>hops=</c> (C-CFG-30): Received fields a message may arrive with. 1 to 1000.</summary>
    public int MaxHops { get; init; } = 100;

    /// <summary><c>clients=</c> (C-CFG-19): sessions at a time; beyond it a connection gets 421. Also bounded by the descriptors the system allows.</summary>
    public int MaxClients { get; init; } = 1_000;

    /// <summary><c>max-recipients=</c>: in one transaction; beyond it RCPT answers 452. RFC 5321 §4.5.3.1.8 asks for 100 or more.</summary>
    public int MaxRecipients { get; init; } = 1_000;

    /// <summary><c>max-errors=</c>: commands refused as malformed, unknown or out of place, after which the session ends with 421. See <see cref="Dialogue.ClientConduct"/>.</summary>
    public int MaxErrors { get; init; } = 20;

    /// <summary><c>max-command=</c>: octets of a command line with its CRLF. RFC 5321 §4.5.3.1.4 asks for 512, extensions for more.</summary>
    public int MaxCommandOctets { get; init; } = 2_048;

    /// <summary><c>max-line=</c>: octets of a line of content with its CRLF (RFC 5321 §4.5.3.1.6: 1000); 0: any length. Local submission is not bounded.</summary>
    public int MaxLineOctets { get; init; } = 1_000;

    /// <summary><c>max-header=</c>: octets of the message header.</summary>
    public int MaxHeaderOctets { get; init; } = 1_000_000;

    /// <summary><c>timeout=</c> (C-CFG-48): until a command is complete (RFC 5321 §4.5.3.2.7: five minutes or more).</summary>
    public TimeSpan CommandTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary><c>data-timeout=</c>: silence inside content (the server's side of RFC 5321 §4.5.3.2.5).</summary>
    public TimeSpan DataTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary><c>message-timeout=</c>: the whole of one message's content, so that nobody dribbles for ever, nor longer than the store keeps staged content.</summary>
    public TimeSpan MessageTimeout { get; init; } = TimeSpan.FromHours(2);

    /// <summary><c>tls-timeout=</c>: a TLS handshake.</summary>
    public TimeSpan TlsTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary><c>stop-timeout=</c>: how long running DATA may take to end once the service is told to stop.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary><c>tls-cert=</c>: PEM file with the certificate and its chain; null: no TLS.</summary>
    public string? TlsCertificate { get; init; }

    /// <summary><c>tls-key=</c>: PEM file with the private key; the certificate's file when not set.</summary>
    public string? TlsKey { get; init; }

    /// <summary><c>drop=</c>: where <c>sendmail</c> leaves mail while no listener runs.</summary>
    public string Drop { get; init; } = DefaultDrop;

    /// <exception cref="SettingException">A value cannot be used.</exception>
    public static async ValueTask<ListenerOptions> FromAsync(Settings settings, CancellationToken ct)
    {
        var hour = TimeSpan.FromHours(1);
        var second = TimeSpan.FromSeconds(1);
        return new ListenerOptions
        {
            HostName = await OwnName.FindAsync(settings, ct),
            Endpoints = ListenEndpoint.AllOf(settings),
            MaxMessageOctets = settings.Octets("size", 0, OctetUnits.Decimal),
            MaxHops = (int)settings.Number("hops", 100, 1, 1_000),
            MaxClients = (int)settings.Number("clients", 1_000, 0, 100_000),
            MaxRecipients = (int)settings.Number("max-recipients", 1_000, 100, 100_000),
            MaxErrors = (int)settings.Number("max-errors", 20, 1, 1_000),
            MaxCommandOctets = (int)settings.Number("max-command", 2_048, 512, 65_536),
            MaxLineOctets = (int)settings.Number("max-line", 1_000, 0, int.MaxValue),
            MaxHeaderOctets = (int)settings.Number("max-header", 1_000_000, 10_000, 100_000_000),
            CommandTimeout = settings.Time("timeout", TimeSpan.FromMinutes(5), second, hour),
            DataTimeout = settings.Time("data-timeout", TimeSpan.FromMinutes(5), second, hour),
            MessageTimeout = settings.Time("message-timeout", TimeSpan.FromHours(2), second, IContentStaging.Longest),
            TlsTimeout = settings.Time("tls-timeout", TimeSpan.FromMinutes(1), second, hour),
            StopTimeout = settings.Time("stop-timeout", TimeSpan.FromSeconds(30), TimeSpan.Zero, hour),
            TlsCertificate = settings.Find("tls-cert")?.Value,
            TlsKey = settings.Find("tls-key")?.Value,
            Drop = Path.GetFullPath(settings.Text("drop", DefaultDrop)),
        };
    }
}
