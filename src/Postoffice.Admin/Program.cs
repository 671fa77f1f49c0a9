using Postoffice.Admin;
using Postoffice.Store.Native;

using var screen = Screen.OfProcess();
using var end = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    end.Cancel();
};
return await Invocation.RunAsync(ArgumentZero(), args, screen, end.Token);

// The framework tells the program's file; what tells our names apart is what the caller wrote.
static string ArgumentZero()
{
    var line = SafeFile.ReadText("/proc/self/cmdline", maxOctets: 4 << 20);
    var length = line.IndexOf('\0');
    return length < 0 ? line : line[..length];
}
