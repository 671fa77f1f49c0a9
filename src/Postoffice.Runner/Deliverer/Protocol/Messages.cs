using Postoffice.Store.Mail;

namespace Postoffice.Runner.Deliverer.Protocol;

/// <summary>The fields of each frame that has some, written and read side by side so that they cannot drift apart.</summary>
internal static class Messages
{
    private const int MaxReasonOctets = 4 * 1024;
    public const int MaxKeptNames = 250; // × 200 octets: fits one frame

    public static FieldWriter Write(DeliveryRequest request) => new FieldWriter()
        .Text(request.User).Number(request.Id.Value).Number(request.Recipient).Number(request.Attempt).Text(request.Sender)
        .Number(request.ArrivedAt.ToUnixTimeSeconds()).Number(request.DeliveredAt.ToUnixTimeSeconds());

    public static DeliveryRequest ReadRequest(ReadOnlySpan<byte> payload)
    {
        var fields = new FieldReader(payload);
        var request = new DeliveryRequest(
            fields.Text(DeliveryRequest.MaxUserOctets), new QueueId(fields.Number(max: (1L << 60) - 1)),
            (int)fields.Number(max: int.MaxValue), (int)fields.Number(max: int.MaxValue), fields.Text(DeliveryRequest.MaxSenderOctets),
            Instant(ref fields), Instant(ref fields));
        fields.End();
        return request;
    }

    public static FieldWriter Write(RecoverRequest request) =>
        new FieldWriter().Text(request.User).Number(request.Id.Value).Text(request.Evidence.ToString()!);

    public static RecoverRequest ReadRecover(ReadOnlySpan<byte> payload)
    {
        var fields = new FieldReader(payload);
        var user = fields.Text(DeliveryRequest.MaxUserOctets);
        var id = new QueueId(fields.Number(max: (1L << 60) - 1));
        var evidence = ReadEvidence(ref fields);
        fields.End();
        return new RecoverRequest(user, id, evidence);
    }

    public static FieldWriter Write(SweepRequest request)
    {
        if (request.Keep.Count > MaxKeptNames) throw new ArgumentException($"more than {MaxKeptNames} names to keep");
        var fields = new FieldWriter().Text(request.User).Number(request.Keep.Count);
        foreach (var name in request.Keep) fields.Text(name);
        return fields;
    }

    public static SweepRequest ReadSweep(ReadOnlySpan<byte> payload)
    {
        var fields = new FieldReader(payload);
        var user = fields.Text(DeliveryRequest.MaxUserOctets);
        var keep = new string[fields.Number(max: MaxKeptNames)];
        for (var i = 0; i < keep.Length; i++) keep[i] = fields.Text(255);
        fields.End();
        return new SweepRequest(user, keep);
    }

    public static FieldWriter Write(MailboxEvidence evidence) => new FieldWriter().Text(evidence.ToString()!);

    public static MailboxEvidence ReadEvidence(ReadOnlySpan<byte> payload)
    {
        var fields = new FieldReader(payload);
        var evidence = ReadEvidence(ref fields);
        fields.End();
        return evidence;
    }

    public static FieldWriter Write(DeliveryFailure failure) => new FieldWriter().Text(failure.Status.ToString()).Text(Short(failure.Reason));

    public static DeliveryFailure ReadFailure(ReadOnlySpan<byte> payload)
    {
        var fields = new FieldReader(payload);
        if (!EnhancedStatusCode.TryParse(fields.Text(11), out var status)) throw new InvalidDataException("not an enhanced status code");
        var failure = new DeliveryFailure(status, fields.Text(MaxReasonOctets));
        fields.End();
        return failure;
    }

    public static FieldWriter WriteReason(string reason) => new FieldWriter().Text(Short(reason));

    public static string ReadReason(ReadOnlySpan<byte> payload)
    {
        var fields = new FieldReader(payload);
        var reason = fields.Text(MaxReasonOctets);
        fields.End();
        return reason;
    }

    public static string ReadCredentials(ReadOnlySpan<byte> payload)
    {
        var fields = new FieldReader(payload);
        var text = fields.Text(ushort.MaxValue);
        fields.End();
        return text;
    }

    public static long ReadNumber(ReadOnlySpan<byte> payload, long max)
    {
        var fields = new FieldReader(payload);
        var number = fields.Number(max: max);
        fields.End();
        return number;
    }

    private static DateTimeOffset Instant(ref FieldReader fields) =>
        DateTimeOffset.FromUnixTimeSeconds(fields.Number(min: -62_135_596_800, max: 253_402_300_799));

    private static MailboxEvidence ReadEvidence(ref FieldReader fields) =>
        MailboxEvidence.TryParse(fields.Text(MailboxEvidence.MaxTextLength), out var evidence)
            ? evidence
            : throw new InvalidDataException("not evidence of a delivery");

    private static string Short(string reason) => reason.Length <= 1000 ? reason : reason[..1000];
}

internal sealed record RecoverRequest(string User, QueueId Id, MailboxEvidence Evidence);

internal sealed record SweepRequest(string User, IReadOnlyCollection<string> Keep);
