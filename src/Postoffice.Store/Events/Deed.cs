namespace Postoffice.Store.Events;

/// <summary>Who did something and why, as lists show it.</summary>
internal static class Deed
{
    /// <summary><c>root: to see</c>; the name alone when no reason was given.</summary>
    public static string Words(string by, string? reason) => string.IsNullOrEmpty(reason) ? by : $"{by}: {reason}";
}
