namespace Postoffice.Store.Control;

/// <summary>
/// Who may hold a control connection: so many of one user, so many together, and some on top for those who may see everything, so that a crowd of
/// ordinary users never keeps root and the operators out.
/// </summary>
internal sealed class ControlPlaces
{
    public const int OfUser = 8;
    public const int Together = 64;
    public const int OnTop = 16;

    private readonly Lock gate = new();
    private readonly Dictionary<uint, int> taken = [];
    private int all;

    /// <param name="mayUseTop">Asked only when all the common places are taken: it may have to look into the user database.</param>
    /// <returns>Whether he has a place now, to be given back.</returns>
    public bool TryTake(uint uid, Func<bool> mayUseTop) =>
        TryTake(uid, Together) || (Volatile.Read(ref all) >= Together && mayUseTop() && TryTake(uid, Together + OnTop));

    public void Give(uint uid)
    {
        lock (gate)
        {
            all--;
            if (taken[uid] == 1) taken.Remove(uid);
            else taken[uid]--;
        }
    }

    private bool TryTake(uint uid, int most)
    {
        lock (gate)
        {
            var own = taken.GetValueOrDefault(uid);
            if (all >= most || own >= OfUser) return false;
            taken[uid] = own + 1;
            all++;
            return true;
        }
    }
}
