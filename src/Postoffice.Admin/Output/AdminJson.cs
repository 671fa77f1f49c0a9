using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Postoffice.Store.Maintenance;
using Postoffice.Store.Projections;

namespace Postoffice.Admin.Output;

/// <summary>What the maintenance verbs print with <c>--json</c>.</summary>
internal static class AdminJson
{
    public static readonly AdminJsonContext Lines = new(new JsonSerializerOptions(AdminJsonContext.Default.Options) { Encoder = JavaScriptEncoder.Default });
}

/// <param name="File">The backup, complete and synced.</param>
internal sealed record BackupWritten(string File);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(BackupWritten))]
[JsonSerializable(typeof(ProjectionStatus))]
[JsonSerializable(typeof(ProjectionVerification))]
[JsonSerializable(typeof(CheckReport))]
[JsonSerializable(typeof(StoreStats))]
internal sealed partial class AdminJsonContext : JsonSerializerContext;
