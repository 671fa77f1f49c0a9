using Postoffice.Store.Configuration;
using Postoffice.Store.Control;

namespace Postoffice.Admin;

/// <summary>Where the services can be met (the table of outside names in the architecture).</summary>
internal static class ServicePlaces
{
    public const string DefaultSubmissionSocket = "/run/postoffice/submit.sock";
    public const string DefaultDropDirectory = "/var/spool/postoffice/drop";
    private const string Unix = "unix:";

    /// <summary>The first <c>listen=unix:PATH</c>.</summary>
    public static string SubmissionSocket(Settings settings) =>
        settings.All("listen").FirstOrDefault(value => value.StartsWith(Unix, StringComparison.Ordinal)) is { } listen
            ? listen[Unix.Length..].Split(',')[0]
            : DefaultSubmissionSocket;

    /// <summary><c>control=DIR</c>: holds smtpd.sock and runner.sock.</summary>
    public static string ControlDirectory(Settings settings) => settings.Text("control", ControlOptions.DefaultDirectory);

    /// <summary><c>drop=DIR</c>.</summary>
    public static string DropDirectory(Settings settings) => settings.Text("drop", DefaultDropDirectory);
}
