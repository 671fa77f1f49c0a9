using Postoffice.Store.Configuration;

namespace Postoffice.Runner;

/// <summary>The command line: <c>-C FILE</c> and <c>-o NAME=VALUE</c>, as every program of Postoffice takes them.</summary>
/// <param name="File">The file of <c>-C</c>; null for the default, which need not be there.</param>
internal sealed record Startup(string? File, IReadOnlyList<string> Options)
{
    public const string Program = "postoffice-runner";

    public const string Help = """
        Usage: postoffice-runner [-C FILE] [-o NAME=VALUE]...

        Delivers what waits in the store, tries again, sends failure notices, and cleans up. Stays in the foreground.

          -C FILE         configuration; default /etc/postoffice.cf
          -o NAME=VALUE   a setting that comes after those of the file; may be repeated. Not mailbox=: the deliverer reads the file alone
          --help          this text
          --version       the version

        Signals: SIGTERM and SIGINT stop it once running deliveries have ended; SIGHUP reads the configuration again.
        Exit codes: 0 stopped; 64 usage; 69 a file or socket cannot be used; 70 a surprise, see the log; 75 start it again; 78 configuration or store refused.

        Examples:
          postoffice-runner -C /etc/postoffice.cf
          postoffice-runner -C /etc/postoffice.cf -o relay-host=mail.example.test

        """;

    /// <summary>Null when the line cannot be understood.</summary>
    public static Startup? Parse(ReadOnlySpan<string> args)
    {
        string? file = null;
        var options = new List<string>();
        while (!args.IsEmpty)
        {
            var (name, value) = (args[0], args.Length > 1 ? args[1] : null);
            var taken = 2;
            if (name.Length > 2 && name[..2] is "-C" or "-o") (value, taken) = (name[2..], 1);
            if (value is null) return null;
            switch (name[..Math.Min(2, name.Length)])
            {
                case "-C":
                    file = Path.GetFullPath(value);
                    break;
                case "-o":
                    options.Add(value);
                    break;
                default:
                    return null;
            }
            args = args[taken..];
        }
        return new Startup(file, options);
    }

    /// <exception cref="ConfigurationUnreadableException">The file cannot be read.</exception>
    public Settings Load() => ConfigurationFile.Load(File, Options);
}
