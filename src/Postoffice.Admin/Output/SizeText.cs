using System.Globalization;

namespace Postoffice.Admin.Output;

/// <summary>Sizes as the classic queue listing has them (C-CLI-48).</summary>
internal static class SizeText
{
    private const double Kilo = 1024;

    /// <summary>Octets below 10,000; then in K, M or G of 1024 with two decimals.</summary>
    public static string Of(long octets) => octets switch
    {
        < 10_000 => $"{octets} ", // the blank stands where others have their unit
        < 1_000_000 => With(octets / Kilo, 'K'),
        < 1_000_000_000 => With(octets / Kilo / Kilo, 'M'),
        _ => With(octets / Kilo / Kilo / Kilo, 'G'),
    };

    private static string With(double number, char unit) => number.ToString("0.00", CultureInfo.InvariantCulture).PadLeft(5) + unit;
}
