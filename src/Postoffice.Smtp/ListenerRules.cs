using System.Net.Security;
using Postoffice.Smtp.Policy;

namespace Postoffice.Smtp;

/// <summary>Everything a reload changes, as one value: a session looks at it when a transaction begins, and never sees half of a change.</summary>
/// <param name="Certificate">Null: no TLS.</param>
internal sealed record ListenerRules(ListenerOptions Options, RecipientPolicy Recipients, SslStreamCertificateContext? Certificate);

/// <summary>The rules now in force.</summary>
internal sealed class RulesInForce(ListenerRules first)
{
    private volatile ListenerRules current = first;

    public ListenerRules Current
    {
        get => current;
        set => current = value;
    }
}
