namespace Postoffice.Smtp.Intake;

/// <summary>
/// Which troubles of the drop directory were told already. Rounds come every few seconds: what lasts is told when it begins, and again when it
/// comes back, so that nobody fills the log by leaving something odd there.
/// </summary>
internal sealed class DropTroubles
{
    private HashSet<(string What, string Reason)> before = [];
    private HashSet<(string What, string Reason)> now = [];

    /// <summary>Whether the round before did not have it.</summary>
    public bool IsNew(string what, string reason) => now.Add((what, reason)) && !before.Contains((what, reason));

    /// <summary>What the round did not meet is over.</summary>
    public void EndRound()
    {
        (before, now) = (now, before);
        now.Clear();
    }
}
