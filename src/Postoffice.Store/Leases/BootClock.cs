using Postoffice.Store.Native;

namespace Postoffice.Store.Leases;

/// <summary>Time since the machine started, sleep included (CLOCK_BOOTTIME), and which start that was.</summary>
public class BootClock
{
    private const int MaxOctets = 128;

    /// <summary>The kernel's name for this boot.</summary>
    public virtual string BootId { get; } = SafeFile.ReadText("/proc/sys/kernel/random/boot_id", MaxOctets).Trim();

    public virtual long Milliseconds
    {
        get
        {
            Libc.Check(Libc.ClockGetTime(Libc.CLOCK_BOOTTIME, out var time), "clock_gettime");
            return (time.Seconds * 1000) + (time.Nanoseconds / 1_000_000);
        }
    }
}
