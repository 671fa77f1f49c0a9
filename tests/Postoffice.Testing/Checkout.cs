namespace Postoffice.Testing;

/// <summary>The checkout the tests were built from: where its sources, scripts and published programs are.</summary>
public static class Checkout
{
    /// <summary>The folder that holds <c>Postoffice.sln</c>, without a slash at its end.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>A file or folder of the checkout, whether it exists or not.</summary>
    /// <param name="relative">Path below <see cref="Root"/>, with <c>/</c> between its parts.</param>
    public static string At(string relative) => Path.Join(Root, relative);

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (Path.Exists(Path.Join(folder.FullName, "Postoffice.sln"))) return folder.FullName;
        }

        throw new InvalidOperationException($"no folder above {AppContext.BaseDirectory} holds Postoffice.sln");
    }
}
