using System.Buffers;
using CsCheck;
using Postoffice.Store.Wire;
using Postoffice.Testing;
using Xunit;

namespace Postoffice.Store.Tests.Wire;

public sealed class LineReaderTests
{
    private const int Limit = 12;

    [Theory]
    [InlineData("NOOP\r\nQUIT\r\n", LineRead.Whole)]
    [InlineData("\r\n", LineRead.Whole)]
    [InlineData("0123456789\r\n", LineRead.Whole)]
    [InlineData("0123456789A\r\n", LineRead.TooLong)]
    [InlineData("0123456789AB", LineRead.TooLong)]
    [InlineData("", LineRead.Incomplete)]
    [InlineData("NOOP", LineRead.Incomplete)]
    [InlineData("NOOP\r", LineRead.Incomplete)]
    [InlineData("NOOP\n", LineRead.BareLf)]
    [InlineData("\n\r\n", LineRead.BareLf)]
    [InlineData("NOOP\rQUIT\r\n", LineRead.BareCr)]
    [InlineData("NOOP\r\r\n", LineRead.BareCr)]
    [InlineData("NO\0OP\r\n", LineRead.Nul)]
    [InlineData("NOOP\u0085\r\n", LineRead.Whole)] // NEL as ISO 8859-1 has it
    [InlineData("NO\fOP\v\r\n", LineRead.Whole)]
    public void Only_CRLF_ends_a_line(string octets, LineRead expected)
    {
        for (var size = 1; size <= 3; size++)
        {
            var buffer = Octets.InPieces(Octets.Of(octets), size);
            var before = buffer.Length;

            Assert.Equal(expected, LineReader.TryRead(ref buffer, Limit, out var line));

            var end = octets.IndexOf("\r\n", StringComparison.Ordinal);
            Assert.Equal(expected == LineRead.Whole ? Octets.Of(octets[..end]) : [], line.ToArray());
            Assert.Equal(expected == LineRead.Whole ? before - end - 2 : before, buffer.Length);
        }
    }

    [Theory]
    [InlineData("NOOP\nMAIL\r\nQUIT\r\n", "QUIT\r\n", 11, true)]
    [InlineData("a\r\r\nQUIT", "QUIT", 4, true)]
    [InlineData("a\r", "\r", 1, false)]
    [InlineData("\r", "\r", 0, false)]
    [InlineData("a\n\rb", "", 4, false)]
    [InlineData("", "", 0, false)]
    public void After_a_defect_the_session_goes_on_behind_the_next_CRLF(string octets, string left, long dropped, bool found)
    {
        for (var size = 1; size <= 3; size++)
        {
            var buffer = Octets.InPieces(Octets.Of(octets), size);

            Assert.Equal(found, LineReader.TrySkip(ref buffer, out var counted));
            Assert.Equal(dropped, counted);
            Assert.Equal(Octets.Of(left), buffer.ToArray());
        }
    }

    [Fact]
    public void How_octets_arrive_does_not_change_what_is_read() =>
        Gen.Select(Lines.Octets, Gen.Int[1, 9])
            .Sample((octets, size) => Assert.Equal(Lines.Read(octets, octets.Length + 1), Lines.Read(octets, size)));

    /// <summary>A session's habit: read, skip behind a defect, wait for more.</summary>
    private static class Lines
    {
        public static readonly Gen<byte[]> Octets = Gen.OneOf((byte)'\r', (byte)'\n', (byte)0, (byte)'a', (byte)'.').Array[0, 60];

        /// <summary>What is read when the octets come <paramref name="size"/> at a time.</summary>
        public static List<string> Read(byte[] octets, int size)
        {
            var seen = new List<string>();
            var waiting = new List<byte>();
            var skipping = false;
            foreach (var chunk in octets.Chunk(size))
            {
                waiting.AddRange(chunk);
                var buffer = Testing.Octets.InPieces([.. waiting], size);
                while (Step(ref buffer, ref skipping, seen)) { }
                waiting = [.. buffer.ToArray()];
            }

            return seen;
        }

        private static bool Step(ref ReadOnlySequence<byte> buffer, ref bool skipping, List<string> seen)
        {
            if (skipping)
            {
                skipping = !LineReader.TrySkip(ref buffer, out _);
                return !skipping;
            }

            var read = LineReader.TryRead(ref buffer, Limit, out var line);
            if (read == LineRead.Incomplete) return false;
            seen.Add(read == LineRead.Whole ? Convert.ToHexString(line.ToArray()) : read.ToString());
            skipping = read != LineRead.Whole;
            return true;
        }
    }
}
