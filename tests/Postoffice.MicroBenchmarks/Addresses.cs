using BenchmarkDotNet.Attributes;
using Postoffice.Smtp.Grammar;

namespace Postoffice.MicroBenchmarks;

/// <summary>Arguments of MAIL and RCPT (RFC 5321 §4.1.2).</summary>
public class Addresses
{
    [Benchmark(Description = "MAIL with SIZE and BODY")]
    public object Mail()
    {
        _ = MailArguments.Parse("FROM:<alice@example.net> SIZE=4096 BODY=8BITMIME", localPartOnly: false, out var mail);
        return mail;
    }

    [Benchmark(Description = "RCPT, plain")]
    public object? Rcpt() => Read("TO:<bob@relay.example>", smtpUtf8: false);

    [Benchmark(Description = "RCPT, quoted local part, NOTIFY and ORCPT")]
    public object? Quoted() => Read("TO:<\"bob the \\\"builder\\\"\"@relay.example> NOTIFY=FAILURE,DELAY ORCPT=rfc822;bob@relay.example", smtpUtf8: false);

    [Benchmark(Description = "RCPT, beyond ASCII")]
    public object? Utf8() => Read("TO:<bücher@bücher.example>", smtpUtf8: true);

    private static RcptArguments? Read(string arguments, bool smtpUtf8)
    {
        _ = RcptArguments.Parse(arguments, smtpUtf8, localPartOnly: false, out var rcpt);
        return rcpt;
    }
}
