using Postoffice.Store.Configuration;
using Postoffice.Store.Control;
using Postoffice.Store.Mail;

namespace Postoffice.Admin.Sendmail;

/// <summary>
/// Reads sendmail's options (C-CLI-04, C-CLI-05): letters may be clustered, a value is attached or the next word, <c>--</c> or the first
/// other word ends them. Options that other mailers know and that mean nothing here are taken with their value and ignored, so that none
/// of their values is ever taken for a recipient; an unknown letter stops the program.
/// </summary>
internal sealed class SendmailGrammar
{
    private const string Flags = "aciGImnstUvx";
    private const string WithValue = "ABCDFLNORXbfhopr"; // C-CLI-07, and sendmail's own
    private const string WithAttachedValue = "deq";
    private readonly SendmailMode byName;
    private readonly List<string> settings = [];
    private SendmailOptions options;
    private string? problem;

    private SendmailGrammar(SendmailMode byName)
    {
        this.byName = byName;
        options = new SendmailOptions { Mode = byName };
    }

    /// <summary>The mode a name stands for (C-CLI-01); null when it is not one of sendmail's names.</summary>
    public static SendmailMode? ModeOf(string program) => program switch
    {
        "sendmail" or "send-mail" => SendmailMode.Submit,
        "mailq" => SendmailMode.List,
        "runq" => SendmailMode.RunQueue,
        "newaliases" => SendmailMode.Aliases,
        "smtpd" => SendmailMode.Daemon,
        _ => null,
    };

    /// <summary>Whether an option takes the next word when nothing is attached to it.</summary>
    public static bool TakesWord(char letter) => WithValue.Contains(letter);

    /// <param name="byName">The mode the program's name stands for.</param>
    /// <param name="arguments">Behind the program's name.</param>
    /// <param name="options">What was understood.</param>
    /// <param name="problem">When false: a sentence; the program prints it and exits 64.</param>
    public static bool TryParse(SendmailMode byName, IReadOnlyList<string> arguments, out SendmailOptions options, out string problem)
    {
        var grammar = new SendmailGrammar(byName);
        var operands = grammar.Read(arguments);
        options = grammar.options with { Operands = operands, Settings = grammar.settings };
        problem = grammar.problem ?? "";
        return grammar.problem is null;
    }

    private IReadOnlyList<string> Read(IReadOnlyList<string> arguments)
    {
        for (var at = 0; at < arguments.Count; at++)
        {
            var word = arguments[at];
            if (word == "--") return [.. arguments.Skip(at + 1)];
            if (word is "--help" or "--version")
            {
                options = options with { Mode = word == "--help" ? SendmailMode.Help : SendmailMode.Version };
                return [];
            }
            if (word == "--json")
            {
                options = options with { Json = true };
                continue;
            }
            if (word.Length < 2 || word[0] != '-') return [.. arguments.Skip(at)];
            var used = Cluster(word, at + 1 < arguments.Count ? arguments[at + 1] : null);
            if (problem is not null) return [];
            at += used;
        }
        return [];
    }

    /// <returns>How many words behind the cluster it took: 0 or 1.</returns>
    private int Cluster(string word, string? next)
    {
        for (var i = 1; i < word.Length; i++)
        {
            var letter = word[i];
            var attached = i + 1 < word.Length ? word[(i + 1)..] : null;
            if (RunLetter(word, i) is { } what)
            {
                if (letter == 'q') attached = i + 2 < word.Length ? word[(i + 2)..] : null; // behind -qR
                if ((attached ?? next) is not { Length: > 0 } part) problem = $"option requires an argument -- {(letter == 'q' ? "q" : "")}{what}";
                else Choose(what, part);
                return attached is null ? 1 : 0;
            }
            if (Flags.Contains(letter))
            {
                Flag(letter);
                continue;
            }
            if (WithAttachedValue.Contains(letter))
            {
                Value(letter, attached ?? "");
                return 0;
            }
            if (letter == 'V' && (attached ?? next) is null)
            {
                options = options with { Mode = SendmailMode.Version }; // C-CLI-21; with a value it is sendmail's envelope id
                return 0;
            }
            if (letter != 'V' && !WithValue.Contains(letter))
            {
                problem = $"illegal option -- {PrintableText.Escape(word.AsSpan(i, char.IsSurrogate(letter) && attached is not null ? 2 : 1))}";
                return 0;
            }
            if ((attached ?? next) is not { } value)
            {
                problem = $"option requires an argument -- {letter}";
                return 0;
            }
            Value(letter, value);
            return attached is null ? 1 : 0;
        }
        return 0;
    }

    private void Flag(char letter) => options = letter switch
    {
        'i' => options with { IgnoreDots = true },
        't' => options with { RecipientsFromHeader = true },
        'v' => options with { Verbose = true },
        'I' => options with { Mode = SendmailMode.Aliases },
        _ => options, // a c G m n s U x: nothing here
    };

    private void Value(char letter, string value)
    {
        switch (letter)
        {
            case 'b': Mode(value); break;
            case 'B': Body(value); break;
            case 'C': options = options with { ConfigurationFile = value }; break;
            case 'd': options = options with { Debug = true }; break;
            case 'f' or 'r': options = options with { Sender = value }; break;
            case 'F': options = options with { FullName = value }; break;
            case 'N': Notify(value); break;
            case 'o': Option(value); break;
            case 'q': QueueRun(value); break;
            case 'R': Ret(value); break;
            case 'V': EnvelopeId(value); break;
            default: break; // A D e h L O p X: nothing here; no file of the caller's choice is written, no setting of sendmail's exists
        }
    }

    private void Mode(string value)
    {
        SendmailMode? mode = value.Length == 0 ? null : value[0] switch
        {
            'm' => SendmailMode.Submit,
            's' => SendmailMode.Session,
            'p' => SendmailMode.List,
            'q' => SendmailMode.RunQueue,
            'i' => SendmailMode.Aliases,
            'd' => SendmailMode.Daemon,
            'D' => SendmailMode.ForegroundDaemon,
            _ => null,
        };
        if (mode is { } known) options = options with { Mode = known };
        else problem = $"mode <{PrintableText.Escape(value, 40)}> is not implemented"; // C-CLI-10
    }

    private void Body(string value)
    {
        var body = value.ToUpperInvariant();
        if (body is "7BIT" or "8BITMIME") options = options with { Body = body };
        else problem = $"-B takes 7BIT or 8BITMIME, not {PrintableText.Escape(value, 40)}";
    }

    private void Notify(string value)
    {
        if (DsnParameters.TryParseNotify(value, out var notify)) options = options with { Notify = notify };
        else problem = $"-N takes never, or a list of success, failure, delay; not {PrintableText.Escape(value, 40)}";
    }

    private void Ret(string value)
    {
        if (DsnParameters.TryParseRet(value, out var ret)) options = options with { Ret = ret };
        else problem = $"-R takes full or hdrs, not {PrintableText.Escape(value, 40)}";
    }

    private void EnvelopeId(string value)
    {
        var isPrintable = value.Length > 0 && !value.AsSpan().ContainsAnyExceptInRange(' ', '~');
        if (isPrintable && XText.Encode(value).Length <= DsnParameters.MaxEnvelopeIdCharacters) options = options with { EnvelopeId = value };
        else problem = $"-V takes an envelope id of printable ASCII, {DsnParameters.MaxEnvelopeIdCharacters} characters at most when encoded";
    }

    /// <summary>Ours have a name of two letters or more and a value; the rest is sendmail's.</summary>
    private void Option(string value)
    {
        if (value.IndexOf('=') > 1) settings.Add(value);
        else if (value is "i" or "IgnoreDots") options = options with { IgnoreDots = true };
    }

    /// <summary>I, R or S where it says which part of the queue is run: behind <c>-q</c>, and for runq by itself, whose own options they are.</summary>
    private char? RunLetter(string word, int at)
    {
        var letter = word[at] == 'q' && at + 1 < word.Length ? word[at + 1] : byName == SendmailMode.RunQueue ? word[at] : default;
        return letter is 'I' or 'R' or 'S' ? letter : null;
    }

    private void Choose(char what, string part)
    {
        var run = options.Run ?? new RunFilter();
        run = what switch
        {
            'I' => run with { Id = part },
            'R' => run with { Destination = part },
            _ => run with { Sender = part },
        };
        options = options with { Mode = SendmailMode.RunQueue, Run = run };
    }

    private void QueueRun(string value)
    {
        if (value.Length == 0) options = options with { Mode = options.Mode == SendmailMode.Submit ? SendmailMode.RunQueue : options.Mode };
        else if (Units.TryTime(value, out _)) options = options with { QueueInterval = true };
        else problem = $"-q takes a time such as 15m, not {PrintableText.Escape(value, 40)}";
    }
}
