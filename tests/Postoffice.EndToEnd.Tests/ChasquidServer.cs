using Postoffice.Testing;

namespace Postoffice.EndToEnd.Tests;

/// <summary>
/// Debian's chasquid in a directory of its own: it takes mail for <c>bob@real.test</c> and <c>alice@real.test</c>, and sends mail for
/// <c>away@real.test</c> on to us: to <see cref="Site.Address"/> and to <c>no.such.user@example.test</c>. It finds its way by a name server of the test.
/// </summary>
internal sealed class ChasquidServer : PeerServer
{
    private ScriptedDns? dns;
    private SecludedService? service;

    public override async Task StartAsync(int port, int relayPort)
    {
        OutsideProgram.RequireRoot("chasquid is started as another user");
        var program = OutsideProgram.RequireUnpacked("chasquid", "usr/bin/chasquid");
        var own = File("chasquid"); // the checkout may be where nobody cannot go
        System.IO.File.Copy(program, own);
        dns = new ScriptedDns(53, ("example.test", "MX 10 mx.example.test"), ("mx.example.test", "A 127.0.0.1"));
        var system = Directory.CreateDirectory(File("etc/system")).FullName;
        await System.IO.File.WriteAllTextAsync(Path.Join(system, "resolv.conf"), $"nameserver {dns.Server.Address}\n");

        Certify("ch.real.test");
        var certificates = Directory.CreateDirectory(File("etc/certs/ch.real.test")).FullName;
        System.IO.File.Move(Certificate, Path.Join(certificates, "fullchain.pem"));
        System.IO.File.Move(Key, Path.Join(certificates, "privkey.pem"));
        var domain = Directory.CreateDirectory(File("etc/domains/real.test")).FullName;
        await System.IO.File.WriteAllLinesAsync(
            Path.Join(domain, "users"), from user in (string[])["alice", "bob"] select $$"""users: { key: "{{user}}" value: { plain: { password: "x" } } }""");
        await System.IO.File.WriteAllTextAsync(Path.Join(domain, "aliases"), $"away: {Site.Address}, no.such.user@example.test\n");
        foreach (var folder in (string[])["tmp", "new"]) Directory.CreateDirectory(File($"mail/all/{folder}"));
        await System.IO.File.WriteAllTextAsync(File("etc/chasquid.conf"), Configuration(port));
        Own(Nobody);

        service = SecludedService.Start(system, own, "-config_dir", File("etc"), "-testing__outgoing_smtp_port", $"{relayPort}");
        await service.SaysAsync($"Server listening on 127.0.0.1:{port}");
    }

    protected override async ValueTask StopAsync()
    {
        if (service is not null) await service.DisposeAsync();
        if (dns is not null) await dns.DisposeAsync();
    }

    private string Configuration(int port) =>
        $"""
        hostname: "ch.real.test"
        smtp_address: "127.0.0.1:{port}"
        data_dir: "{File("data")}"
        mail_log_path: "{File("log/mail")}"
        mail_delivery_agent_bin: "/bin/sh"
        mail_delivery_agent_args: "-c"
        mail_delivery_agent_args: "f=$(mktemp -p {File("mail/all/tmp")}) && cat > $f && mv $f {File("mail/all/new")}"

        """;
}
