using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Postoffice.Admin.Output;

/// <summary>One object a line, for programs.</summary>
internal static class JsonLines
{
    public static void WriteJson<T>(this TextWriter output, T value, JsonTypeInfo<T> shape) => output.WriteLine(JsonSerializer.Serialize(value, shape));
}
