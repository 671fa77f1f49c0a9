using System.Text.Json.Serialization;
using Postoffice.Store.Mail;

namespace Postoffice.Store.Submission;

/// <summary>The envelope of a message in the drop directory.</summary>
/// <param name="From">Reverse-path; perhaps a local part alone.</param>
/// <param name="Recipients">At least one; perhaps local parts alone.</param>
/// <param name="EnvelopeId">ENVID, decoded; null when not given.</param>
public sealed record DropEnvelope(
    ReversePath From,
    IReadOnlyList<ForwardPath> Recipients,
    Notify Notify = Notify.Unspecified,
    Ret Ret = Ret.Unspecified,
    string? EnvelopeId = null)
{
    internal DropEnvelopeText ToText() => new(
        From.ToString(),
        [.. Recipients.Select(recipient => recipient.ToString())],
        DsnParameters.Format(Notify),
        DsnParameters.Format(Ret),
        EnvelopeId);

    /// <summary>Null when anything in it is not what its name says: the file was not written by our sendmail.</summary>
    internal static DropEnvelope? FromText(DropEnvelopeText text)
    {
        var notify = Notify.Unspecified;
        var ret = Ret.Unspecified;
        if (!ReversePath.TryParse(text.From, smtpUtf8: true, out var from, localPartOnly: true)) return null;
        if (text.Notify is not null && !DsnParameters.TryParseNotify(text.Notify, out notify)) return null;
        if (text.Ret is not null && !DsnParameters.TryParseRet(text.Ret, out ret)) return null;
        if (text.Envid is { } id && (id.Length > DsnParameters.MaxEnvelopeIdCharacters || id.AsSpan().ContainsAnyExceptInRange(' ', '~'))) return null;
        var recipients = new List<ForwardPath>();
        foreach (var recipient in text.Recipients)
        {
            if (!ForwardPath.TryParse(recipient, smtpUtf8: true, out var to, localPartOnly: true)) return null;
            recipients.Add(to);
        }
        return recipients.Count == 0 ? null : new DropEnvelope(from, recipients, notify, ret, text.Envid);
    }
}

/// <summary>The envelope as the file's second line spells it.</summary>
internal sealed record DropEnvelopeText(string From, IReadOnlyList<string> Recipients, string? Notify = null, string? Ret = null, string? Envid = null);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(DropEnvelopeText))]
internal sealed partial class DropJson : JsonSerializerContext;
