namespace Postoffice.Store.Mail;

/// <summary>The route of RFC 821, <c>@a,@b:</c> before a mailbox: read so that it can be dropped (RFC 5321 §4.1.2 A-d-l, appendix C).</summary>
internal static class SourceRoute
{
    /// <summary>Moves <paramref name="path"/> past its route, if it has one; false if the route is malformed.</summary>
    public static bool TryDrop(ref ReadOnlySpan<char> path, bool smtpUtf8)
    {
        if (!path.StartsWith('@')) return true;
        if (path.Length > Mailbox.MaxInputCharacters) return false;

        var end = path.IndexOf(':');
        if (end < 0) return false;

        var route = path[..end];
        if (!smtpUtf8 && !System.Text.Ascii.IsValid(route)) return false;
        foreach (var range in route.Split(','))
        {
            var hop = route[range];
            if (!hop.StartsWith('@') || !DomainName.TryParse(hop[1..], out _)) return false;
        }

        path = path[(end + 1)..];
        return !path.StartsWith('@'); // one route, not a route behind a route
    }
}
