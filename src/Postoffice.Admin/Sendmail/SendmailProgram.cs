using Postoffice.Admin.Commands;
using Postoffice.Admin.Output;
using Postoffice.Store.Configuration;
using Postoffice.Store.Control;

namespace Postoffice.Admin.Sendmail;

/// <summary>Everything that is called by one of sendmail's names, or with sendmail's options.</summary>
internal sealed class SendmailProgram(string program, Screen screen)
{
    public async Task<int> RunAsync(SendmailMode byName, IReadOnlyList<string> arguments, CancellationToken ct)
    {
        if (!SendmailGrammar.TryParse(byName, arguments, out var options, out var problem))
        {
            screen.Complain(program, problem);
            screen.Error.WriteLine($"usage: {Usage.Line(program)}");
            return ExitCode.Usage;
        }
        switch (options.Mode)
        {
            case SendmailMode.Version:
                screen.Output.WriteLine($"{(program == "postoffice" ? "" : $"{program}: ")}postoffice {ProgramVersion.Text}");
                return ExitCode.Ok;
            case SendmailMode.Help:
                screen.Output.Write(Usage.Text(program));
                return ExitCode.Ok;
        }

        var settings = ConfigurationFile.Load(options.ConfigurationFile, options.Settings);
        var inquiry = new Inquiry(settings, screen.Clock, options.Json ? null : sentence => screen.Complain(program, sentence));
        return options.Mode switch
        {
            SendmailMode.List => Ended(await new QueueCommand(inquiry, screen, new TimeText(screen.Clock.LocalTimeZone)).RunAsync(options.Json, ct)),
            SendmailMode.RunQueue => Ended(await new RunQueueCommand(inquiry, screen).RunAsync(options.Run, options.Verbose, ct)),
            SendmailMode.Session => await new PipedSession(screen).RunAsync(ServicePlaces.SubmissionSocket(settings), ct),
            SendmailMode.Aliases => Aliases(),
            SendmailMode.Daemon => ServiceStart.Run(program, options, screen, detach: !options.Debug),
            SendmailMode.ForegroundDaemon => ServiceStart.Run(program, options, screen, detach: false),
            _ when options.QueueInterval => ServiceStart.RunRunner(program, options, screen),
            _ => await new SubmitProgram(program, options, settings, screen).RunAsync(ct),
        };
    }

    /// <summary>C-CLI-39: packages call newaliases when they are installed, so having nothing to do is no error.</summary>
    private int Aliases()
    {
        screen.Complain(program, "There are no aliases to rebuild: this version delivers to users of this machine only.");
        return ExitCode.Ok;
    }

    private int Ended(ControlEnd end)
    {
        if (end.Why is { } why) screen.Complain(program, why);
        return end.ExitCode;
    }
}
