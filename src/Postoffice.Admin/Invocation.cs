using System.CommandLine;
using Postoffice.Admin.Commands;
using Postoffice.Admin.Output;
using Postoffice.Admin.Sendmail;
using Postoffice.Store;
using Postoffice.Store.Configuration;
using Postoffice.Store.Log;
using Postoffice.Store.Mail;

namespace Postoffice.Admin;

/// <summary>By which name was I called, and what follows (C-CLI-01).</summary>
internal static class Invocation
{
    /// <param name="path">Argument 0, as the caller gave it.</param>
    /// <returns>The exit code. Trouble is a sentence on standard error; nothing is thrown but surprises.</returns>
    public static async Task<int> RunAsync(string path, IReadOnlyList<string> arguments, Screen screen, CancellationToken ct)
    {
        var program = path[(path.LastIndexOf('/') + 1)..].ToLowerInvariant();
        if (program is not "authexpire" && SendmailGrammar.ModeOf(program) is null) program = "postoffice";
        try
        {
            var exitCode = await DispatchAsync(program, arguments, screen, ct);
            await screen.Output.FlushAsync(ct);
            return exitCode;
        }
        catch (SettingException unusable)
        {
            screen.Complain(program, unusable.Message);
            return ExitCode.Configuration;
        }
        catch (StoreRefusedException refused)
        {
            screen.Complain(program, refused.Message);
            return ExitCode.Configuration;
        }
        catch (ConfigurationUnreadableException unreadable)
        {
            screen.Complain(program, unreadable.Message);
            return ExitCode.NoInput;
        }
        catch (StoreUnavailableException trouble)
        {
            screen.Complain(program, $"The store cannot be used now: {trouble.Message}");
            return ExitCode.Temporary;
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
        catch (ReaderGoneException)
        {
            return ExitCode.Ok;
        }
        catch (IOException trouble)
        {
            screen.Complain(program, trouble.Message);
            return ExitCode.InputOutput;
        }
    }

    private static async Task<int> DispatchAsync(string program, IReadOnlyList<string> arguments, Screen screen, CancellationToken ct)
    {
        if (SendmailGrammar.ModeOf(program) is { } mode) return await new SendmailProgram(program, screen).RunAsync(mode, arguments, ct);
        if (program == "authexpire")
        {
            if (arguments is ["--help" or "-h"])
            {
                screen.Output.Write(Usage.Text(program));
                return ExitCode.Ok;
            }
            screen.Complain(program, "There is no greylist to clean: this version has none.");
            return ExitCode.Unavailable;
        }
        if (IsClassic(arguments)) return await new SendmailProgram(program, screen).RunAsync(SendmailMode.Submit, arguments, ct);
        var verbs = VerbTree.Build(screen);
        var line = verbs.Parse(arguments);
        if (line.Errors.Count > 0 && arguments.Count > 0) return Misunderstood(line, screen);
        var asked = arguments.Count > 0 ? line : verbs.Parse(["--help"]);
        var exitCode = await asked.InvokeAsync(new InvocationConfiguration { Output = screen.Output, Error = screen.Error, EnableDefaultExceptionHandler = false }, ct);
        return arguments.Count > 0 ? exitCode : ExitCode.Usage;
    }

    /// <summary>What was not understood and where to read on: a page of help would hide the sentence.</summary>
    private static int Misunderstood(ParseResult line, Screen screen)
    {
        var unknown = line.UnmatchedTokens.Select(word => $"{PrintableText.Escape(word, 40)} is neither a verb nor an option here.").ToList();
        foreach (var sentence in unknown.Count > 0 ? unknown : line.Errors.Select(error => error.Message)) screen.Complain("postoffice", sentence);
        var verb = line.CommandResult.Command is RootCommand ? "" : $" {HelpWithExamples.NameOf(line.CommandResult.Command)}";
        screen.Complain("postoffice", $"postoffice{verb} --help tells what is understood.");
        return ExitCode.Usage;
    }

    /// <summary><c>postoffice -q5m -bD -a</c>, as classic service files have it: options and no verb.</summary>
    private static bool IsClassic(IReadOnlyList<string> arguments)
    {
        var at = 0;
        while (at < arguments.Count && (arguments[at].StartsWith("-C", StringComparison.Ordinal) || arguments[at].StartsWith("-o", StringComparison.Ordinal)))
        {
            at += arguments[at].Length == 2 ? 2 : 1;
        }
        return at < arguments.Count && arguments[at] is ['-', not ('-' or 'h' or '?'), ..];
    }
}
