namespace Postoffice.Store.Maintenance;

/// <summary>Something wrong with the store.</summary>
/// <param name="What">A sentence.</param>
/// <param name="ToDo">Another: what the operator can do about it.</param>
public sealed record Finding(string What, string ToDo);

/// <summary>What a check saw.</summary>
/// <param name="Findings">What is wrong; the first of each kind when there are many.</param>
/// <param name="Facts">Facts read.</param>
/// <param name="Streams">Streams whose versions were counted.</param>
/// <param name="OpenMessages">Open messages whose content was read and compared with its digest.</param>
/// <param name="Unattached">Contents that belong to no accepted message: mail on its way in, or left by a cut connection and swept within the hour.</param>
public sealed record CheckReport(IReadOnlyList<Finding> Findings, long Facts, long Streams, long OpenMessages, long Unattached)
{
    public bool IsClean => Findings.Count == 0;
}
