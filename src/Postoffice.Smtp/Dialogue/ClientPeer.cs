using System.Net;
using Postoffice.Store.Native;

namespace Postoffice.Smtp.Dialogue;

/// <summary>Who is at the other end, and at which of our doors.</summary>
/// <param name="Address">Never IPv4-mapped, never with a scope; null on a Unix socket.</param>
/// <param name="Caller">Who calls from this machine; only on a Unix socket.</param>
/// <param name="IsSubmissionPort">The door is for authenticated and own clients only (RFC 6409).</param>
internal sealed record ClientPeer(IPAddress? Address, LocalCaller? Caller = null, bool IsSubmissionPort = false)
{
    public override string ToString() => Address?.ToString() ?? $"{Caller?.Login}";
}

/// <summary>A user of this machine, known by what the kernel says of him and not by his own words.</summary>
/// <param name="Login">Made from the uid when nobody has it.</param>
/// <param name="FullName">Of the password database; empty when it has none.</param>
/// <param name="IsKnown">The password database has him.</param>
internal sealed record LocalCaller(uint Uid, string Login, string FullName, bool IsKnown = true)
{
    public bool IsRoot => Uid == 0;

    /// <exception cref="IOException">The password database could not be asked.</exception>
    public static LocalCaller Of(uint uid) => SystemUser.Find(uid) is { } user
        ? new LocalCaller(uid, user.Name, user.FullName.Split(',')[0])
        : new LocalCaller(uid, $"uid{uid}", "", IsKnown: false);
}
