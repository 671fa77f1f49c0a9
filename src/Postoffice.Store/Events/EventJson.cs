using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Postoffice.Store.Mail;

namespace Postoffice.Store.Events;

/// <summary>Facts as JSON text: plain enough that SQL reads it, exact enough that it comes back equal.</summary>
public static class EventJson
{
    private static readonly JsonSerializerOptions Options = new(EventJsonContext.Default.Options)
    {
        TypeInfoResolver = EventJsonContext.Default.WithAddedModifier(RequireValues),

        // Not for HTML: hostile text is escaped where it is shown, and SQL should see "é" and "+", not \u00E9 and \u002B.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Write(QueueEvent fact) => JsonSerializer.Serialize(fact, Options.GetTypeInfo(fact.GetType()));

    /// <exception cref="JsonException">The text is not a fact of that name: a row to be quarantined.</exception>
    public static QueueEvent Read(string name, string json)
    {
        var type = EventCatalogue.TypeOf(name) ?? throw new JsonException($"no fact is called {name}");
        try
        {
            return (QueueEvent?)JsonSerializer.Deserialize(json, Options.GetTypeInfo(type)) ?? throw new JsonException($"{name} holds null");
        }
        catch (FormatException malformed)
        {
            throw new JsonException($"{name}: {malformed.Message}", malformed);
        }
    }

    /// <summary>
    /// What a fact always has must be there. What may be null need not: it is not written, and RespectRequiredConstructorParameters would ask
    /// for it as well.
    /// </summary>
    private static void RequireValues(JsonTypeInfo type)
    {
        foreach (var property in type.Properties)
        {
            // A value that only its constructor sets asks for it there; the serializer cannot.
            if (property is { Set: not null, AssociatedParameter: { HasDefaultValue: false, IsNullable: false } }) property.IsRequired = true;
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = false,
    Converters =
    [
        typeof(QueueIdJson), typeof(ReversePathJson), typeof(ForwardPathJson), typeof(ReplyJson), typeof(EnhancedStatusCodeJson), typeof(NotifyJson), typeof(NextHopJson),
        typeof(KebabCase<OutcomeKind>), typeof(KebabCase<Transport>), typeof(KebabCase<Ret>), typeof(KebabCase<DsnAction>),
        typeof(ValueListConverter<AcceptedRecipient>), typeof(ValueListConverter<HeaderField>), typeof(ValueListConverter<int>),
        typeof(ValueListConverter<RecipientOutcome>), typeof(ValueListConverter<TriedHop>), typeof(ValueListConverter<ResolvedHost>),
        typeof(ValueListConverter<QueueId>),
    ])]
[JsonSerializable(typeof(MessageAccepted))]
[JsonSerializable(typeof(HeadersAdded))]
[JsonSerializable(typeof(AttemptStarted))]
[JsonSerializable(typeof(AttemptEnded))]
[JsonSerializable(typeof(RecipientExpired))]
[JsonSerializable(typeof(DsnQueued))]
[JsonSerializable(typeof(MessageHeld))]
[JsonSerializable(typeof(MessageReleased))]
[JsonSerializable(typeof(MessageCancelled))]
[JsonSerializable(typeof(MessageRerouted))]
[JsonSerializable(typeof(WaitShortened))]
[JsonSerializable(typeof(ContentPurged))]
[JsonSerializable(typeof(FactsPurged))]
[JsonSerializable(typeof(DropImported))]
[JsonSerializable(typeof(CircuitOpened))]
[JsonSerializable(typeof(CircuitClosed))]
[JsonSerializable(typeof(ConfigurationLoaded))]
internal sealed partial class EventJsonContext : JsonSerializerContext;

internal sealed class KebabCase<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false) where T : struct, Enum;

internal abstract class TextConverter<T> : JsonConverter<T>
{
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Parse(reader.GetString() ?? throw new JsonException("a string was expected"));

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(Format(value));

    protected abstract T Parse(string text);

    protected virtual string Format(T value) => $"{value}";
}

internal sealed class QueueIdJson : TextConverter<QueueId>
{
    protected override QueueId Parse(string text) => QueueId.Parse(text);
}

internal sealed class ReversePathJson : TextConverter<ReversePath>
{
    protected override ReversePath Parse(string text) => ReversePath.Parse(text);
}

internal sealed class ForwardPathJson : TextConverter<ForwardPath>
{
    protected override ForwardPath Parse(string text) => ForwardPath.Parse(text);
}

internal sealed class ReplyJson : TextConverter<Reply>
{
    protected override Reply Parse(string text) => Reply.Parse(text);
}

internal sealed class EnhancedStatusCodeJson : TextConverter<EnhancedStatusCode>
{
    protected override EnhancedStatusCode Parse(string text) =>
        EnhancedStatusCode.TryParse(text, out var status) ? status : throw new JsonException($"no enhanced status code: {text}");
}

internal sealed class NextHopJson : TextConverter<NextHop>
{
    protected override NextHop Parse(string text) => NextHop.Parse(text);
}

internal sealed class NotifyJson : TextConverter<Notify>
{
    protected override Notify Parse(string text) => Enum.Parse<Notify>(text, ignoreCase: true);

    protected override string Format(Notify value) => value.ToString().ToLowerInvariant();
}
