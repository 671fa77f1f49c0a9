using CsCheck;
using Postoffice.Store.Mail;
using Postoffice.Store.Native;
using Postoffice.Store.Submission;
using Postoffice.Testing;

namespace Postoffice.Store.Tests.Submission;

/// <summary>Anybody may write into the drop directory: whatever stands in a file, reading its envelope gives one or none, and never throws.</summary>
public sealed class DropFileTests : IDisposable
{
    private const int Many = 1_500;

    private static readonly Gen<string> Value = OneOf(
        "null", "7", "true", "{}", "[]", "[null]", "\"\"", "\"bob\"", "\"bob@example.test\"", "\"a b\"", """ "\ud800" """, "\"\u202e\"", "\"never\"", "\"full\"",
        """["bob"]""", """["bob",7]""", """["postmaster",""]""", """["bob","carol@example.test"]""", """[[[["bob"]]]]""");

    private static readonly Gen<string> Envelope =
        Gen.Select(OneOf("from", "recipients", "notify", "ret", "envid", "From", "more"), Value, (name, value) => $"\"{name}\":{value}")
            .Array[0, 6].Select(members => $"{{{string.Join(',', members)}}}");

    private readonly TempDirectory directory = new();

    public void Dispose() => directory.Dispose();

    private static Gen<string> OneOf(params string[] words) => Gen.Int[0, words.Length - 1].Select(index => words[index]);

    [Fact]
    public void Any_json_is_an_envelope_or_none() => Envelope.Sample(
        json =>
        {
            if (Read(Octets.Of($"postoffice-drop 1\n{json}\ntext\r\n")) is { } envelope) Assert.NotEmpty(envelope.Recipients);
        },
        iter: Many, threads: 1);

    [Fact]
    public void Any_octets_are_an_envelope_or_none() => Gen.Byte.Array[0, 200].Sample(
        octets => Assert.Null(Read([.. "postoffice-drop 1\n{"u8, .. octets, (byte)'\n'])), iter: Many, threads: 1);

    [Fact]
    public void Any_octet_changed_gives_an_envelope_or_none()
    {
        var whole = Octets.Of("postoffice-drop 1\n" + """{"from":"root","recipients":["bob","carol@example.test"],"notify":"NEVER","ret":"FULL","envid":"id"}""" + "\n");
        Assert.NotNull(Read(whole));
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte).Sample(
            (at, octet) =>
            {
                if (Read([.. whole[..at], octet, .. whole[(at + 1)..]]) is { } envelope) Assert.NotEmpty(envelope.Recipients);
            },
            iter: Many, threads: 1);
    }

    [Fact]
    public void What_is_written_is_read()
    {
        var envelope = new DropEnvelope(
            ReversePath.Parse("root"), [ForwardPath.Parse("bob"), ForwardPath.Parse("j\u00FCrg@example.test")], Notify.Success | Notify.Delay, Ret.Headers, "id+1");
        var name = DropFile.Write(directory.Path, envelope, new MemoryStream(Octets.Of("text\r\n")));
        using var file = new FileStream(SafeFile.Open(directory.File(name), Libc.O_RDONLY), FileAccess.Read);
        var read = DropFile.ReadEnvelope(file)!;
        Assert.Equal(envelope.Recipients, read.Recipients);
        Assert.Equal(envelope with { Recipients = [] }, read with { Recipients = [] });
    }

    private DropEnvelope? Read(byte[] octets)
    {
        using var file = new FileStream(
            SafeFile.Open(directory.File("file"), Libc.O_RDWR | Libc.O_CREAT | Libc.O_TRUNC), FileAccess.ReadWrite, bufferSize: 0);
        file.Write(octets);
        return DropFile.ReadEnvelope(file);
    }
}
