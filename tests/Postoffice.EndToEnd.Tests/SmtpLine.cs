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
    public static SmtpLine Connect(Site site) => new(new TcpClient("127.0.0.1", site.Port));

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
