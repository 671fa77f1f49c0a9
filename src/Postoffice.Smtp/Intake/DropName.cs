using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Postoffice.Smtp.Intake;

/// <summary>Names of files in a directory where anybody may make them.</summary>
internal static class DropName
{
    private const int Longest = 64;
    private static readonly SearchValues<char> Characters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");

    /// <summary>A name such as our own <c>sendmail</c> makes.</summary>
    public static bool IsGood(string name) => name.Length is > 0 and <= Longest && !name.AsSpan().ContainsAnyExcept(Characters);

    /// <summary>The name itself when it is good, else one made from its digest.</summary>
    public static string Safe(string name) =>
        IsGood(name) ? name : "odd-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)).AsSpan(0, 16));
}
