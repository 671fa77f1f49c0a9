namespace Postoffice.Runner.Scheduling;

/// <summary>What goes on for one destination now.</summary>
/// <param name="Running">Attempts under way.</param>
/// <param name="Waiting">Attempts that wait for a place; more mail for it may wait in the store.</param>
/// <param name="Limit">Attempts that may be under way at once.</param>
/// <param name="IsPaused">Nothing starts for it now.</param>
internal sealed record DestinationLoad(Destination Destination, int Running, int Waiting, int Limit, bool IsPaused);
