using System.Net;
using Postoffice.Store.Configuration;
using Postoffice.Store.Mail;

namespace Postoffice.Smtp.Listening;

/// <summary>One door: <c>listen=ADDR:PORT[,tls][,submission]</c>, <c>listen=[::]:25</c>, <c>listen=*:25</c> or <c>listen=unix:PATH</c>.</summary>
/// <param name="Address">Null for a Unix socket, and for <c>*</c>: every address of both families.</param>
/// <param name="UnixPath">Null for TCP.</param>
/// <param name="Tls">TLS begins at once (RFC 8314 §3.3).</param>
/// <param name="Submission">For authenticated and own clients only (RFC 6409).</param>
internal sealed record ListenEndpoint(IPAddress? Address, int Port, string? UnixPath = null, bool Tls = false, bool Submission = false)
{
    public const string DefaultUnixPath = "/run/postoffice/submit.sock";
    private const int SmtpPort = 25;
    private const int LongestUnixPath = 107; // unix(7), without the final NUL
    private const string UnixPrefix = "unix:";

    /// <summary>Nobody named it: it gives way to any socket of its kind that the service manager hands over.</summary>
    public bool IsDefault { get; init; }

    /// <summary>Every <c>listen=</c>; port 25 everywhere and the submission socket when there is none.</summary>
    /// <exception cref="SettingException">One of them is not of this form.</exception>
    public static IReadOnlyList<ListenEndpoint> AllOf(Settings settings)
    {
        ListenEndpoint[] named =
        [
            .. settings.Entries.Where(entry => entry.Name == "listen").Select(entry => TryParse(entry.Value ?? "", out var endpoint)
                ? endpoint
                : throw new SettingException(entry, "ADDRESS:PORT[,tls][,submission] or unix:/PATH is expected")),
        ];
        return named.Length > 0 ? named : [new ListenEndpoint(null, SmtpPort) { IsDefault = true }, new ListenEndpoint(null, 0, DefaultUnixPath) { IsDefault = true }];
    }

    /// <summary>Whether a socket here is at the place the other names: the same path, or the same port and address; <c>*</c> is every address.</summary>
    public bool Covers(ListenEndpoint other) =>
        UnixPath == other.UnixPath && Port == other.Port && (Address is null ? other.IsEverywhere : Address.Equals(other.Address));

    public static bool TryParse(string text, out ListenEndpoint endpoint)
    {
        endpoint = new ListenEndpoint(null, 0);
        if (text.StartsWith(UnixPrefix, StringComparison.Ordinal))
        {
            var path = text[UnixPrefix.Length..];
            endpoint = endpoint with { UnixPath = path };
            return path.StartsWith('/') && System.Text.Encoding.UTF8.GetByteCount(path) <= LongestUnixPath;
        }

        var words = text.Split(',');
        foreach (var word in words.Skip(1))
        {
            switch (word)
            {
                case "tls": endpoint = endpoint with { Tls = true }; break;
                case "submission": endpoint = endpoint with { Submission = true }; break;
                default: return false;
            }
        }
        return TryParseAddress(words[0], endpoint, out endpoint);
    }

    public override string ToString() => UnixPath is not null ? UnixPrefix + UnixPath : $"{HostPart}:{Port}{(Tls ? ",tls" : "")}{(Submission ? ",submission" : "")}";

    private bool IsEverywhere => Address is null || Address.Equals(IPAddress.Any) || Address.Equals(IPAddress.IPv6Any);

    private string HostPart => Address is null ? "*" : Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{Address}]" : $"{Address}";

    private static bool TryParseAddress(string text, ListenEndpoint with, out ListenEndpoint endpoint)
    {
        endpoint = with;
        var colon = text.LastIndexOf(':');
        if (colon < 1 || !ushort.TryParse(text.AsSpan(colon + 1), System.Globalization.NumberStyles.None, null, out var port)) return false;
        var host = text.AsSpan(0, colon);
        endpoint = with with { Port = port };
        if (host is "*") return true;
        var bracketed = host is ['[', .., ']'];
        if (bracketed) host = host[1..^1];
        if (!AddressLiteral.TryParseAddress(host, out var address)) return false;
        endpoint = endpoint with { Address = address };
        return bracketed == host.Contains(':');
    }
}
