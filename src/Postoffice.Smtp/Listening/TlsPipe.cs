using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;
using Microsoft.Extensions.Logging;

namespace Postoffice.Smtp.Listening;

/// <summary>A connection's pipe under TLS. The plain pipe below is touched by the TLS stream alone, whatever comes after.</summary>
internal sealed class TlsPipe : IDuplexPipe, IAsyncDisposable
{
    private readonly SslStream stream;

    private TlsPipe(SslStream stream)
    {
        this.stream = stream;
        Input = PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true, useZeroByteReads: true));
        Output = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
        Description = $"{Version(stream.SslProtocol)} {stream.NegotiatedCipherSuite}";
    }

    public PipeReader Input { get; }
    public PipeWriter Output { get; }

    /// <summary>Protocol version and cipher suite, as in a Received field.</summary>
    public string Description { get; }

    /// <returns>Null when the handshake failed or took too long.</returns>
    public static async ValueTask<TlsPipe?> AcceptAsync(IDuplexPipe plain, ListenerRules rules, TimeProvider clock, ILogger log, string client)
    {
        using var patience = new CancellationTokenSource(rules.Options.TlsTimeout, clock);
        var handshake = new SslStream(new DuplexStream(plain), leaveInnerStreamOpen: true);
        try
        {
            await handshake.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
            {
                ServerCertificateContext = rules.Certificate,
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                AllowRenegotiation = false,
            }, patience.Token);
            return new TlsPipe(handshake);
        }
        catch (Exception failed) when (failed is AuthenticationException or IOException or OperationCanceledException)
        {
            ListenerLog.HandshakeFailed(log, client, failed.Message);
            await handshake.DisposeAsync();
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await Input.CompleteAsync();
            await Output.CompleteAsync();
        }
        finally
        {
            await stream.DisposeAsync();
        }
    }

    private static string Version(SslProtocols protocol) => protocol switch
    {
        SslProtocols.Tls12 => "TLSv1.2",
        SslProtocols.Tls13 => "TLSv1.3",
        _ => $"{protocol}",
    };
}
