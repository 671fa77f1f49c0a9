using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Postoffice.Store.Queries;

namespace Postoffice.Store.Control;

/// <summary>Requests and answers as JSON, one to a line; also what <c>--json</c> prints.</summary>
public static class ControlJson
{
    /// <summary>Escapes every control and every character beyond ASCII, so a line is a line and safe on any terminal.</summary>
    public static readonly ControlJsonContext Lines =
        new(new JsonSerializerOptions(ControlJsonContext.Default.Options) { Encoder = JavaScriptEncoder.Default });
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(ControlRequest))]
[JsonSerializable(typeof(ControlAnswer))]
[JsonSerializable(typeof(QueueEntry))]
[JsonSerializable(typeof(HistoryEntry))]
[JsonSerializable(typeof(TraceEntry))]
[JsonSerializable(typeof(DestinationEntry))]
[JsonSerializable(typeof(ActEntry))]
public sealed partial class ControlJsonContext : JsonSerializerContext;
