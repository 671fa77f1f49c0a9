namespace Postoffice.Store;

/// <summary>How far long work has come.</summary>
/// <param name="What">What is being done, for people: a projection's or a table's name, or a few words.</param>
/// <param name="Done">In units of the work: facts, pages, messages.</param>
/// <param name="Total">Of the same unit; may grow while the work goes on.</param>
public readonly record struct StoreProgress(string What, long Done, long Total);
