namespace Postoffice.Smtp;

/// <summary>The command line of <c>postoffice-smtpd</c>.</summary>
/// <param name="File"><c>-C FILE</c>; null for the default file.</param>
/// <param name="Options"><c>-o name=value</c>, repeatable; they come after the file.</param>
internal sealed record Arguments(string? File, IReadOnlyList<string> Options)
{
    public const string Program = "postoffice-smtpd";

    public static readonly string Version = typeof(Arguments).Assembly.GetName().Version?.ToString(3) ?? "0";

    public const string Help = """
        Usage: postoffice-smtpd [-C FILE] [-o NAME=VALUE]...

        Takes mail in by SMTP and from local programs, and keeps it in the store. Stays in the foreground.

          -C FILE         configuration; default /etc/postoffice.cf
          -o NAME=VALUE   a setting that comes after those of the file; may be repeated
          --help          this text
          --version       the version

        Signals: SIGTERM and SIGINT stop it once running messages are in; SIGHUP reads configuration and certificate again.
        Exit codes: 0 stopped; 64 usage; 66 no such file; 71 a port or socket cannot be opened; 78 configuration or store refused.

        Examples:
          postoffice-smtpd -C /etc/postoffice.cf
          postoffice-smtpd -o listen=127.0.0.1:2525 -o store=/tmp/mail/postoffice.db -o local-domain=example.test

        """;

    /// <returns>Null when the line makes no sense; <paramref name="wrong"/> then says why.</returns>
    public static Arguments? Parse(ReadOnlySpan<string> line, out string wrong)
    {
        string? file = null;
        var options = new List<string>();
        wrong = "";
        for (var at = 0; at < line.Length; at++)
        {
            var word = line[at];
            if (word.Length < 2 || word[0] != '-' || word[1] is not ('C' or 'o'))
            {
                wrong = $"{word}: not understood; --help tells what is";
                return null;
            }
            var value = word.Length > 2 ? word[2..] : ++at < line.Length ? line[at] : null;
            if (value is null)
            {
                wrong = $"{word}: a value is missing";
                return null;
            }
            if (word[1] == 'C') file = value;
            else options.Add(value);
        }
        return new Arguments(file, options);
    }
}
