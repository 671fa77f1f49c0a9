using Postoffice.Store.Configuration;
using Postoffice.Store.Native;

namespace Postoffice.Store.Control;

/// <summary>Settings of the control sockets: where they are, and who may see what.</summary>
public sealed record ControlOptions
{
    public const string DefaultDirectory = "/run/postoffice";

    /// <summary><c>control=DIR</c>: holds smtpd.sock and runner.sock.</summary>
    public string Directory { get; init; } = DefaultDirectory;

    /// <summary><c>operator=NAME</c> or <c>operator=@GROUP</c>, repeatable: who sees and may do everything beside root.</summary>
    public IReadOnlyList<string> Operators { get; init; } = [];

    /// <summary><c>queue-visible=all|own</c>: whether ordinary users see the others' messages in the queue (C-CLI-50).</summary>
    public bool WholeQueueVisible { get; init; } = true;

    /// <exception cref="SettingException">A value cannot be used.</exception>
    public static ControlOptions From(Settings settings) => new()
    {
        Directory = Path.GetFullPath(settings.Text("control", DefaultDirectory)),
        Operators = settings.All("operator"),
        WholeQueueVisible = settings.Find("queue-visible") switch
        {
            null or { Value: "all" } => true,
            { Value: "own" } => false,
            var setting => throw new SettingException(setting, "all or own is expected"),
        },
    };

    /// <summary>Asked anew for each caller, so that a user who joins or leaves a group need not wait for a restart.</summary>
    /// <exception cref="IOException">The user database could not be asked.</exception>
    public ControlRights RightsOf(uint uid)
    {
        var everything = uid == 0 || uid == Libc.GetEuid() || (Operators.Count > 0 && SystemUser.Find(uid) is { } user && IsOperator(user));
        return new ControlRights(uid, everything, WholeQueueVisible);
    }

    private bool IsOperator(SystemUser user)
    {
        var groups = user.Groups();
        return Operators.Any(name => name[0] == '@' ? SystemGroup.Find(name[1..]) is { } group && groups.Contains(group.Gid) : name == user.Name);
    }
}
