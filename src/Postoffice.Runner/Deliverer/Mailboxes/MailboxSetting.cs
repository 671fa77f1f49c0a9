using Postoffice.Store.Native;

namespace Postoffice.Runner.Deliverer.Mailboxes;

/// <summary>
/// The setting <c>mailbox=</c>: <c>mbox:DIR</c> (a file with the user's name in an absolute directory), <c>maildir:~/PATH</c> (below his
/// home) or <c>maildir:/PATH/%u/PATH</c> (one whole component is his name).
/// </summary>
internal abstract record MailboxSetting
{
    private const string UserComponent = "%u";

    private MailboxSetting()
    {
    }

    public static MailboxSetting Default { get; } = new Mbox("/var/mail");

    /// <param name="Directory">Absolute, without a slash at its end.</param>
    public sealed record Mbox(string Directory) : MailboxSetting
    {
        public string PathOf(SystemUser user) => $"{Directory}/{user.Name}";
    }

    /// <param name="BelowHome">Whether the path starts at the user's home.</param>
    /// <param name="Components">Of the path; none is empty, <c>.</c> or <c>..</c>.</param>
    public sealed record Maildir(bool BelowHome, ValueComponents Components) : MailboxSetting
    {
        public string PathOf(SystemUser user)
        {
            var path = string.Join('/', Components.Values.Select(c => c == UserComponent ? user.Name : c));
            return BelowHome ? $"{user.Home.TrimEnd('/')}/{path}" : $"/{path}";
        }
    }

    /// <summary>Components of a path, compared by content.</summary>
    public sealed record ValueComponents(string[] Values)
    {
        public bool Equals(ValueComponents? other) => other is not null && Values.AsSpan().SequenceEqual(other.Values);

        public override int GetHashCode() => Values.Length;
    }

    /// <param name="reason">When false: what is wrong, as a sentence.</param>
    public static bool TryParse(string value, out MailboxSetting setting, out string reason)
    {
        setting = Default;
        reason = $"mailbox={value}: write mbox:/DIRECTORY, maildir:~/PATH or maildir:/PATH/%u";
        var colon = value.IndexOf(':');
        if (colon < 0) return false;
        var (kind, path) = (value[..colon], value[(colon + 1)..].TrimEnd('/'));
        var belowHome = path.StartsWith("~/", StringComparison.Ordinal);
        if (!belowHome && !path.StartsWith('/')) return false;
        var components = path[(belowHome ? 2 : 1)..].Split('/');
        if (components.Any(c => c is "" or "." or ".." || c.Length > 255 || c.Contains('\0')))
        {
            reason = $"mailbox={value}: the path has a part that is empty, \".\", \"..\" or too long";
            return false;
        }
        var users = components.Count(c => c == UserComponent);
        switch (kind)
        {
            case "mbox" when !belowHome && users == 0:
                setting = new Mbox(path);
                return true;
            case "maildir" when users == (belowHome ? 0 : 1):
                setting = new Maildir(belowHome, new ValueComponents(components));
                return true;
            default:
                return false;
        }
    }
}
