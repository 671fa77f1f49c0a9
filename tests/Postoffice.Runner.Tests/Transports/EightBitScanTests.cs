using Postoffice.Runner.Transports;
using Postoffice.Testing;

namespace Postoffice.Runner.Tests.Transports;

public sealed class EightBitScanTests
{
    public static TheoryData<string, string> Messages => new()
    {
        { "", "Nowhere" },
        { "Subject: x\r\n\r\nhello\r\n", "Nowhere" },
        { "Subject: \u00fc\r\n\r\nhello\r\n", "Header" },
        { "Subject: x\r\n\r\nhell\u00f6\r\n", "Body" },
        { "Subject: x\r\n\r\n\u00f6", "Body" },
        { "Subject: x\r\n\u00f6\r\n\r\n", "Header" },
        { "Subject: x\r\r\n\r\n\u00f6", "Body" },
        { "Subject: x\r\n\r\r\n\u00f6", "Header" },
        { "\r\n\u00f6", "Body" },
        { "\u00f6", "Header" },
    };

    [Theory]
    [MemberData(nameof(Messages))]
    public async Task Where_the_header_ends_does_not_depend_on_how_octets_arrive(string message, string expected)
    {
        for (var piece = 1; piece <= message.Length + 1; piece++)
        {
            using var octets = new PiecemealStream(Octets.Of(message), piece);
            Assert.Equal(expected, (await EightBitScan.OfAsync(octets, TestContext.Current.CancellationToken)).ToString());
        }
    }

    private sealed class PiecemealStream(byte[] octets, int piece) : MemoryStream(octets)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(piece, buffer.Length)], cancellationToken);
    }
}
