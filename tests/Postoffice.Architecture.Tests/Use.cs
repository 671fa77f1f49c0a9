namespace Postoffice.Architecture.Tests;

/// <summary>One type names another: as base, in a signature, in an attribute's or a method's code.</summary>
/// <param name="From">Full name of the outermost type that uses.</param>
/// <param name="To">Full name of the used type, outermost first, nested ones after a <c>+</c>.</param>
/// <param name="Member">The used method or field; empty when only the type is named.</param>
internal sealed record Use(string From, string To, string Member)
{
    public bool IsFrom(string space) => From.StartsWith(space + ".", StringComparison.Ordinal);

    /// <summary>Whether the used type is <paramref name="name"/>, is nested in it, or lies in the namespace of that name.</summary>
    public bool IsOf(string name) =>
        To == name || To.StartsWith(name + ".", StringComparison.Ordinal) || To.StartsWith(name + "+", StringComparison.Ordinal);

    public override string ToString() => Member.Length == 0 ? $"{From} → {To}" : $"{From} → {To}.{Member}";
}
