using System.Diagnostics.CodeAnalysis;

namespace Postoffice.Store.Mail;

/// <summary>When the sender wants a DSN for a recipient (RFC 3461 §4.1).</summary>
[Flags]
public enum Notify
{
    /// <summary>No NOTIFY was given: failure is reported, delay as the postmaster chose.</summary>
    Unspecified = 0,

    /// <summary>Never, whatever happens; stands alone.</summary>
    Never = 1,

    /// <summary>On delivery.</summary>
    Success = 2,

    /// <summary>When delivery has failed for good.</summary>
    Failure = 4,

    /// <summary>When delivery takes unusually long.</summary>
    Delay = 8,
}

/// <summary>How much of the message a failure DSN returns (RFC 3461 §4.3).</summary>
public enum Ret
{
    /// <summary>No RET was given: ours to choose.</summary>
    Unspecified = 0,

    /// <summary>The whole message.</summary>
    Full = 1,

    /// <summary>Its header only.</summary>
    Headers = 2,
}

/// <summary>The values of NOTIFY, RET and ENVID, as MAIL and RCPT carry them.</summary>
public static class DsnParameters
{
    /// <summary>Longest ENVID in encoded characters (RFC 3461 §4.4).</summary>
    public const int MaxEnvelopeIdCharacters = 100;

    private static readonly (Notify Condition, string Word)[] Conditions =
    [
        (Notify.Never, "NEVER"), (Notify.Success, "SUCCESS"), (Notify.Failure, "FAILURE"), (Notify.Delay, "DELAY"),
    ];

    /// <summary>Takes <c>NEVER</c>, or a list of <c>SUCCESS</c>, <c>FAILURE</c>, <c>DELAY</c>, each once, in any case.</summary>
    public static bool TryParseNotify(ReadOnlySpan<char> value, out Notify notify)
    {
        notify = Notify.Unspecified;
        var read = Notify.Unspecified;
        foreach (var range in value.Split(','))
        {
            var condition = NotifyCondition(value[range]);
            var besideNever = read == Notify.Never || (condition == Notify.Never && read != Notify.Unspecified);
            if (condition == Notify.Unspecified || read.HasFlag(condition) || besideNever) return false;
            read |= condition;
        }

        notify = read;
        return true;
    }

    /// <summary>The value as it goes after <c>NOTIFY=</c>; null when there is nothing to say.</summary>
    public static string? Format(Notify notify)
    {
        if (notify == Notify.Unspecified) return null;
        if (notify.HasFlag(Notify.Never)) return "NEVER";

        return string.Join(',', from known in Conditions where notify.HasFlag(known.Condition) select known.Word);
    }

    /// <summary>Takes <c>FULL</c> or <c>HDRS</c> in any case.</summary>
    public static bool TryParseRet(ReadOnlySpan<char> value, out Ret ret)
    {
        ret = value switch
        {
            _ when value.Equals("FULL", StringComparison.OrdinalIgnoreCase) => Ret.Full,
            _ when value.Equals("HDRS", StringComparison.OrdinalIgnoreCase) => Ret.Headers,
            _ => Ret.Unspecified,
        };
        return ret != Ret.Unspecified;
    }

    /// <summary>The value as it goes after <c>RET=</c>; null when there is nothing to say.</summary>
    public static string? Format(Ret ret) => ret switch
    {
        Ret.Full => "FULL",
        Ret.Headers => "HDRS",
        _ => null,
    };

    /// <summary>Takes the xtext of ENVID: 1 to 100 characters that stand for printable ASCII.</summary>
    public static bool TryParseEnvelopeId(ReadOnlySpan<char> value, [NotNullWhen(true)] out string? envelopeId)
    {
        envelopeId = null;
        if (value.Length is 0 or > MaxEnvelopeIdCharacters) return false;
        if (!XText.TryDecode(value, out var decoded) || !System.Text.Ascii.IsValid(decoded)) return false;

        envelopeId = decoded;
        return true;
    }

    private static Notify NotifyCondition(ReadOnlySpan<char> word)
    {
        foreach (var (condition, known) in Conditions)
        {
            if (word.Equals(known, StringComparison.OrdinalIgnoreCase)) return condition;
        }

        return Notify.Unspecified;
    }
}
