using System.Buffers;
using System.Text;
using Postoffice.Store.Mail;

namespace Postoffice.Smtp.Dialogue;

/// <summary>Writes a reply as RFC 5321 §4.2.1 has it: every line with the code, all but the last with a hyphen behind it.</summary>
internal static class ReplyWriter
{
    /// <returns>Octets written.</returns>
    public static long Write(Reply reply, IBufferWriter<byte> output)
    {
        var text = reply.Text.AsSpan();
        var prefix = reply.Status is { } status ? $"{status} " : ""; // RFC 2034 §4: on every line
        for (long written = 0; ;)
        {
            var end = text.IndexOf('\n');
            var line = end < 0 ? text : text[..end];
            written += Encoding.UTF8.GetBytes($"{reply.Code}{(end < 0 ? ' ' : '-')}{prefix}{line}\r\n", output);
            if (end < 0) return written;
            text = text[(end + 1)..];
        }
    }
}
