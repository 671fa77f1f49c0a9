namespace Postoffice.Runner.Transports.Sasl;

/// <summary>The client's side of one mechanism (RFC 4422), for one exchange. Octets only: base64 and lines are the session's.</summary>
internal interface ISaslMechanism
{
    /// <summary>As registered.</summary>
    string Name { get; }

    /// <summary>What the client says first; null where the server begins.</summary>
    byte[]? Begin();

    /// <summary>Answers a challenge. Called once for each, whatever the server sends and however often.</summary>
    SaslAnswer Answer(ReadOnlySpan<byte> challenge);

    /// <summary>Asked when the server says that all is well: why we do not believe it, or null.</summary>
    string? Doubt { get; }
}

/// <summary>The client's part of one step.</summary>
internal abstract record SaslAnswer
{
    private SaslAnswer()
    {
    }

    public sealed record Response(byte[] Octets) : SaslAnswer;

    /// <summary>The exchange ends here.</summary>
    /// <param name="Reason">What is wrong with the challenge, without the server's words.</param>
    public sealed record Refusal(string Reason) : SaslAnswer;
}
