using System.Buffers;
using Postoffice.Store.Mail;

namespace Postoffice.Smtp.Dialogue;

/// <summary>A command as it came: its verb, and what stands behind it.</summary>
/// <param name="Arguments">Without the blanks around it; null when its octets are not UTF-8.</param>
internal readonly record struct CommandLine(VerbName Verb, string? Arguments)
{
    /// <param name="line">Without its CRLF.</param>
    public static CommandLine Parse(in ReadOnlySequence<byte> line)
    {
        var octets = line.IsSingleSegment ? line.FirstSpan : line.ToArray();
        var end = octets.IndexOf((byte)' ');
        var verb = VerbOf(end < 0 ? octets : octets[..end]);
        if (end < 0) return new CommandLine(verb, "");
        return new CommandLine(verb, MailText.TryDecodeUtf8(octets[end..].Trim((byte)' '), out var text) ? text : null);
    }

    private static VerbName VerbOf(ReadOnlySpan<byte> word)
    {
        Span<byte> upper = stackalloc byte[8];
        if (System.Text.Ascii.ToUpper(word, upper, out var length) != OperationStatus.Done) return VerbName.Unknown;
        return upper[..length] switch
        {
            var v when v.SequenceEqual("MAIL"u8) => VerbName.Mail,
            var v when v.SequenceEqual("RCPT"u8) => VerbName.Rcpt,
            var v when v.SequenceEqual("DATA"u8) => VerbName.Data,
            var v when v.SequenceEqual("BDAT"u8) => VerbName.Bdat,
            var v when v.SequenceEqual("EHLO"u8) => VerbName.Ehlo,
            var v when v.SequenceEqual("HELO"u8) => VerbName.Helo,
            var v when v.SequenceEqual("QUIT"u8) => VerbName.Quit,
            var v when v.SequenceEqual("RSET"u8) => VerbName.Rset,
            var v when v.SequenceEqual("NOOP"u8) => VerbName.Noop,
            var v when v.SequenceEqual("VRFY"u8) => VerbName.Vrfy,
            var v when v.SequenceEqual("EXPN"u8) => VerbName.Expn,
            var v when v.SequenceEqual("HELP"u8) => VerbName.Help,
            var v when v.SequenceEqual("STARTTLS"u8) => VerbName.StartTls,
            _ => VerbName.Unknown,
        };
    }
}
