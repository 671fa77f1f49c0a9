using System.Net.Sockets;
using System.Text;

namespace Postoffice.EndToEnd.Tests;

/// <summary>A connection to a listener whose every octet the test chooses.</summary>
internal sealed class SmtpLine : IDisposable
{
    private readonly TcpClient client;
    private readonly NetworkStream stream;
    private readonly StreamReader reader;

    private SmtpLine(TcpClient client)
    {
        this.client = client;
        stream = client.GetStream();
        stream.ReadTimeout = stream.WriteTimeout = 30_000;
        reader = new StreamReader(stream, Encoding.Latin1);
    }

    /// <summary>Connects; the greeting is not read yet.</summary>
    public static SmtpLine Connect(Site site) => Connect(site.Port);

    /// <param name="port">Of a server on 127.0.0.1.</param>
    public static SmtpLine Connect(int port) => new(new TcpClient("127.0.0.1", port));

    /// <summary>Leaves one message with a server that takes it.</summary>
    /// <param name="mail">What follows <c>MAIL FROM:</c>, an octet a character as everything here.</param>
    /// <param name="content">With CRLF at its end, dots not doubled.</param>
    /// <returns>The reply to the final dot.</returns>
    public static string Leave(int port, string mail, IEnumerable<string> to, string content)
    {
        using var line = Connect(port);
        Assert.StartsWith("220", line.Reply());
        foreach (var command in (string[])["EHLO client.example.net", $"MAIL FROM:{mail}", .. to.Select(address => $"RCPT TO:<{address}>")])
        {
            Assert.StartsWith("250", line.Ask(command));
        }
        Assert.StartsWith("354", line.Ask("DATA"));
        var taken = line.Ask($"{content.Replace("\r\n.", "\r\n..", StringComparison.Ordinal)}.");
        Assert.StartsWith("250", taken);
        Assert.StartsWith("221", line.Ask("QUIT"));
        return taken;
    }

    /// <summary>Connects, and says all that comes before content.</summary>
    public static SmtpLine InTransaction(Site site)
    {
        var line = Connect(site);
        Assert.StartsWith("220 ", line.Reply());
        foreach (var command in (string[])["EHLO client.example.net", "MAIL FROM:<alice@example.net>", $"RCPT TO:<{Site.Address}>"]) Assert.StartsWith("250", line.Ask(command));
        return line;
    }

    public void Send(ReadOnlySpan<byte> octets) => stream.Write(octets);

    public string Ask(string line)
    {
        Send(Encoding.Latin1.GetBytes(line + "\r\n"));
        return Reply();
    }

    /// <summary>A whole reply; what came of it when the listener hangs up.</summary>
    public string Reply()
    {
        var reply = new StringBuilder();
        string? said;
        do reply.AppendLine(said = reader.ReadLine());
        while (said?.Length > 3 && said[3] == '-');
        return reply.ToString();
    }

    public void Dispose()
    {
        reader.Dispose();
        client.Dispose();
    }
}
