namespace Postoffice.Admin;

/// <summary>The numbers of sysexits.h that our programs end with (C-CLI-44).</summary>
internal static class ExitCode
{
    public const int Ok = 0;

    /// <summary>The command line was wrong.</summary>
    public const int Usage = 64;

    /// <summary>The message was refused for what it is.</summary>
    public const int Data = 65;

    /// <summary>A file or message that was named is not there.</summary>
    public const int NoInput = 66;

    /// <summary>No usable recipient, or a sender nobody knows.</summary>
    public const int NoUser = 67;

    /// <summary>A service does not run, or refuses for good.</summary>
    public const int Unavailable = 69;

    /// <summary>The system itself failed.</summary>
    public const int System = 71;

    /// <summary>Reading or writing failed.</summary>
    public const int InputOutput = 74;

    /// <summary>Trouble that will pass: nothing was taken, try again.</summary>
    public const int Temporary = 75;

    /// <summary>Not for this user.</summary>
    public const int NotPermitted = 77;

    /// <summary>A setting, or the store, cannot be used as it is.</summary>
    public const int Configuration = 78;

    /// <summary>Ctrl-C, as shells tell it: 128 and the signal's number.</summary>
    public const int Interrupted = 130;
}
