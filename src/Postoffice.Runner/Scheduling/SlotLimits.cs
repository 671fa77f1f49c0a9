namespace Postoffice.Runner.Scheduling;

/// <summary>How much may go on at once through one transport.</summary>
/// <param name="First">Attempts under way to a destination we know nothing about yet; success makes it more, trouble less.</param>
/// <param name="Each">Attempts under way to one destination at most.</param>
/// <param name="Together">Attempts under way to all destinations.</param>
/// <param name="WaitingEach">Starts that wait for one destination.</param>
/// <param name="WaitingTogether">Starts that wait for all of them: what a pile of mail may cost in memory.</param>
internal sealed record SlotLimits(int First, int Each, int Together, int WaitingEach, int WaitingTogether);

/// <summary>What became of a start that was asked for.</summary>
internal enum Admission
{
    Started,

    /// <summary>It starts when somebody leaves.</summary>
    Waiting,

    /// <summary>Too many wait already; it is not remembered here, the queue holds it.</summary>
    Overflow,
}
