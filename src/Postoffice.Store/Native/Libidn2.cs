using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Postoffice.Store.Native;

/// <summary>libidn2: U-labels to A-labels (UTS 46). The framework's own mapping is wrong under invariant globalization.</summary>
internal static partial class Libidn2
{
    private const string Library = "libidn2.so.0";

    // idn2.h: normalise to NFC first; UTS 46 without the transitional mapping of IDNA 2003 (ß stays ß).
    private const int NfcInput = 1;
    private const int NonTransitional = 8;

    /// <summary>The A-label form of a domain; false if libidn2 refuses it or is not installed.</summary>
    /// <param name="domain">Without NUL; the caller bounds its length.</param>
    /// <param name="ascii">What libidn2 made of it. It does not check letters, digits and hyphens: the caller does.</param>
    public static bool TryToAscii(string domain, [NotNullWhen(true)] out string? ascii)
    {
        ascii = null;
        if (!Installed.Value) return false;

        var status = ToAscii8z(domain, out var result, NfcInput | NonTransitional);
        if (status != 0) return false;
        try
        {
            ascii = Marshal.PtrToStringUTF8(result);
            return ascii is not null;
        }
        finally
        {
            Free(result);
        }
    }

    /// <summary>Asked once: without the library internationalised domains do not parse, and nothing else changes.</summary>
    private static readonly Lazy<bool> Installed =
        new(static () => NativeLibrary.TryLoad(Library, typeof(Libidn2).Assembly, searchPath: null, out _));

    [LibraryImport(Library, EntryPoint = "idn2_to_ascii_8z", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ToAscii8z(string input, out nint output, int flags);

    [LibraryImport(Library, EntryPoint = "idn2_free")]
    private static partial void Free(nint memory);
}
