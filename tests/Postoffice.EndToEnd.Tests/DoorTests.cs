using System.Net.Security;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;
using Postoffice.Testing;

namespace Postoffice.EndToEnd.Tests;

/// <summary>The ways in: TLS both ways, IPv6, a socket handed over by a service manager.</summary>
public sealed class DoorTests
{
    [Theory]
    [InlineData(SecureSocketOptions.StartTls)]
    [InlineData(SecureSocketOptions.SslOnConnect)]
    public async Task Mail_comes_in_over_TLS_and_its_trace_says_so(SecureSocketOptions security)
    {
        using var keys = new TempDirectory();
        (await Outcome.OfAsync(OutsideProgram.Require("openssl"),
            ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=mx.example.test", "-keyout", keys.File("key"), "-out", keys.File("cert")]))
            .Succeeded();
        var port = Site.FreePort();
        var door = security == SecureSocketOptions.SslOnConnect ? $"listen=[::1]:{port},tls" : $"listen=[::1]:{port}";
        await using var site = new Site($"tls-cert={keys.File("cert")}", $"tls-key={keys.File("key")}", door);
        await site.StartListenerAsync();
        await site.StartRunnerAsync();

        using var message = new MimeMessage(
            [MailboxAddress.Parse("alice@example.net")], [MailboxAddress.Parse(Site.Address)], "over TLS", new TextPart { Text = "hello\r\n" });
        using var smtp = new SmtpClient
        {
            // Nobody vouches for a certificate made a moment ago; the test only wants the channel.
            ServerCertificateValidationCallback = (_, _, _, errors) => errors != SslPolicyErrors.RemoteCertificateNotAvailable,
        };
        await smtp.ConnectAsync("::1", port, security);
        await smtp.SendAsync(message);
        await smtp.DisconnectAsync(quit: true);

        var mail = Assert.Single(await site.MailAsync(1));
        Assert.Contains("with ESMTPS id", mail);
        Assert.Contains("TLS", mail);
        Assert.Contains("[IPv6:::1]", mail);
    }

    [Fact]
    public async Task A_socket_handed_over_by_the_service_manager_is_served()
    {
        // sd_listen_fds(3): descriptor 3, LISTEN_PID and LISTEN_FDS, made by the very process that becomes the listener.
        const string HandOver = """
            use Socket; my $port = shift; $^F = 9;
            socket(my $door, PF_INET, SOCK_STREAM, 0) or die; bind($door, sockaddr_in($port, INADDR_LOOPBACK)) or die; listen($door, 9) or die;
            if (fileno($door) != 3) { require POSIX; POSIX::dup2(fileno($door), 3) or die }
            $ENV{LISTEN_PID} = $$; $ENV{LISTEN_FDS} = 1; exec @ARGV or die;
            """;
        await using var site = new Site();
        var port = Site.FreePort();
        await using var listener = Service.Start("/usr/bin/perl", "-e", HandOver, $"{port}", Service.Program("postoffice-smtpd"), "-C", site.Configuration);
        await listener.SaysAsync("ready");
        await site.StartRunnerAsync();

        (await Outcome.OfAsync(OutsideProgram.Require("swaks"),
            ["--server", $"127.0.0.1:{port}", "--from", "alice@example.net", "--to", Site.Address])).Succeeded();
        Assert.Single(await site.MailAsync(1));
    }
}
