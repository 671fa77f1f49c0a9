using Microsoft.Extensions.Logging;

namespace Postoffice.Store.Tests;

public sealed class ServiceLogTests
{
    private const int FarTooLong = 100_000;

    [Theory]
    [InlineData("a word")]
    [InlineData("two\nlines")]
    public void An_event_is_one_line_and_one_write(string words)
    {
        var octets = new CountingStream();
        var log = Over(octets);

        log.Log(LogLevel.Warning, default, words, null, (text, _) => text);
        log.Say(words);

        Assert.Equal(2, octets.Writes);
        Assert.Equal(2, octets.Lines);
    }

    [Fact]
    public void The_longest_event_is_one_write_too()
    {
        var octets = new CountingStream();

        var surprise = new InvalidOperationException(new string('e', FarTooLong));
        Over(octets).Log(LogLevel.Error, default, new string('w', FarTooLong), surprise, (text, _) => text);

        Assert.Equal(1, octets.Writes);
        Assert.Equal(1, octets.Lines);
    }

    private static ServiceLog Over(Stream octets) => new("test", ServiceLog.Unbroken(octets), TimeProvider.System, journal: false);

    private sealed class CountingStream : MemoryStream
    {
        public int Writes { get; private set; }

        public int Lines => ToArray().Count(octet => octet == '\n');

        public override void Write(byte[] buffer, int offset, int count)
        {
            Writes++;
            base.Write(buffer, offset, count);
        }
    }
}
