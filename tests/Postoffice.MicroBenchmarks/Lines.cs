using System.Buffers;
using BenchmarkDotNet.Attributes;
using Postoffice.Smtp.Dialogue;
using Postoffice.Store.Wire;
using SmtpCommand = Postoffice.Smtp.Dialogue.CommandLine;

namespace Postoffice.MicroBenchmarks;

/// <summary>From octets to commands, and content off the wire.</summary>
public class Lines
{
    private const int MaxCommand = 2_000;
    private static readonly ReadOnlySequence<byte> Batch =
        new("MAIL FROM:<alice@example.net> SIZE=4096 BODY=8BITMIME\r\nRCPT TO:<bob@relay.example>\r\nDATA\r\n"u8.ToArray());

    private static readonly byte[] Content =
        [.. "Subject: x\r\n\r\n"u8, .. Enumerable.Repeat("..xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n"u8.ToArray(), 64).SelectMany(line => line), .. ".\r\n"u8];

    private readonly ArrayBufferWriter<byte> unstuffed = new(Content.Length);

    [Benchmark(Description = "three pipelined commands: lines, verbs, arguments as text")]
    public int Commands()
    {
        var (buffer, commands) = (Batch, 0);
        while (LineReader.TryRead(ref buffer, MaxCommand, out var line) == LineRead.Whole)
        {
            if (SmtpCommand.Parse(line).Verb != VerbName.Unknown) commands++;
        }

        return commands;
    }

    [Benchmark(Description = "4 KiB of DATA, a dot taken off each line")]
    public int Unstuff()
    {
        unstuffed.ResetWrittenCount();
        return new DotUnstuffer().Read(Content, unstuffed);
    }
}
