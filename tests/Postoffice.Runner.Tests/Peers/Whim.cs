namespace Postoffice.Runner.Tests.Peers;

/// <summary>What a peer does when it is its turn to speak.</summary>
public enum Whim
{
    /// <summary>What it should.</summary>
    Fine,

    /// <summary>450; refuses a connection.</summary>
    Later,

    /// <summary>550; refuses a connection.</summary>
    Never,

    /// <summary>421, and hangs up.</summary>
    Closing,

    HangsUp,

    /// <summary>Nothing, for as long as anybody waits.</summary>
    FallsSilent,

    /// <summary>Something that is no reply.</summary>
    TalksNonsense,

    /// <summary>What it should, and one reply more.</summary>
    SaysTooMuch,

    /// <summary>What it should, and hangs up.</summary>
    FineAndHangsUp,

    /// <summary>What it should, after a minute.</summary>
    Slow,

    /// <summary>At the end of content: takes the message, and says nothing of it; else as if it had not.</summary>
    TakesAndHangsUp,

    /// <summary>Likewise.</summary>
    TakesAndFallsSilent,
}
