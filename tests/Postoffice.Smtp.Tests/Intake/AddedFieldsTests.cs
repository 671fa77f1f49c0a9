using Postoffice.Smtp.Dialogue;
using Postoffice.Smtp.Grammar;
using Postoffice.Smtp.Intake;
using Postoffice.Store.Events;
using Postoffice.Store.Mail;
using Postoffice.Testing;

namespace Postoffice.Smtp.Tests.Intake;

/// <summary>C-QUEUE-02 to C-QUEUE-08.</summary>
public sealed class AddedFieldsTests
{
    private static readonly QueueId Id = QueueId.Parse("0123456789AB");
    private static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.FromHours(-3.5));
    private static readonly DomainName Self = DomainName.TryParse("mx.example.test", out var self) ? self : throw new FormatException();
    private static readonly MessageOrigin Network = new("ESMTPS", "198.51.100.7", "client.example.net", "TLSv1.3 TLS_AES_256_GCM_SHA384");

    [Fact]
    public void What_the_author_left_out_is_added_in_the_classic_order()
    {
        var added = Compose("alice@example.net", Network, null, "Subject: x\r\n\r\n");
        Assert.Equal(["Received", "Message-ID", "From", "Date"], added.Fields.Select(field => field.Name));
        Assert.Equal("<alice@example.net>", added.Fields[2].Value);
        Assert.Equal("Sun, 22 Nov 2026 12:00:00 -0330", added.Fields[3].Value);
    }

    [Fact]
    public void What_the_author_wrote_stays_his()
    {
        var added = Compose("alice@example.net", Network, null, "From: a\r\nDATE: b\r\nmessage-id: c\r\n\r\n");
        Assert.Equal(["Received"], added.Fields.Select(field => field.Name));
    }

    [Fact]
    public void Received_tells_protocol_and_tls_and_no_recipient()
    {
        var received = Compose("alice@example.net", Network, null, "\r\n").Fields[0].Value;
        Assert.Equal(
            "from client.example.net ([198.51.100.7])\r\n\tby mx.example.test (Postoffice) with ESMTPS id 0123456789AB"
            + "\r\n\t(TLSv1.3 TLS_AES_256_GCM_SHA384);\r\n\tSun, 22 Nov 2026 12:00:00 -0330", received);
    }

    [Theory]
    [InlineData("evil) by root")]
    [InlineData("a b")]
    [InlineData("\u202eevil")]
    public void A_greeting_that_is_no_name_does_not_reach_the_header(string helo) =>
        Assert.StartsWith("from [198.51.100.7] ([198.51.100.7])\r\n", Compose("", Network with { Helo = helo }, null, "").Fields[0].Value);

    [Theory]
    [InlineData("alice", "Alice Liddell", "\"Alice Liddell\" <alice@mx.example.test>")]
    [InlineData("alice@mx.example.test", "Alice \"A\" Liddell", "\"Alice \\\"A\\\" Liddell\" <alice@mx.example.test>")]
    [InlineData("alice", "Zoé", "=?UTF-8?B?Wm/DqQ==?= <alice@mx.example.test>")]
    [InlineData("alice", "", "<alice@mx.example.test>")]
    [InlineData("bob@example.org", "Alice Liddell", "<bob@example.org>")]
    [InlineData("", "Alice Liddell", "Mail Delivery System <MAILER-DAEMON@mx.example.test>")]
    public void From_names_the_sender(string sender, string fullName, string expected)
    {
        var added = Compose(sender, new MessageOrigin("LOCAL", Uid: 1000), new LocalCaller(1000, "alice", fullName), "");
        Assert.Equal(expected, added.Fields.Single(field => field.IsNamed("From")).Value);
    }

    [Theory]
    [InlineData("alice", null)]
    [InlineData("alice@mx.example.test", null)]
    [InlineData("alice@example.org", "mx.example.test: alice set sender to <alice@example.org> using -f")]
    [InlineData("root", "mx.example.test: alice set sender to <root> using -f")]
    [InlineData("", "mx.example.test: alice set sender to <> using -f")]
    public void An_ordinary_user_who_sends_as_somebody_else_is_named(string sender, string? expected)
    {
        var added = Compose(sender, new MessageOrigin("LOCAL", Uid: 1000), new LocalCaller(1000, "alice", ""), "");
        Assert.Equal(expected, added.Fields.SingleOrDefault(field => field.IsNamed("X-Authentication-Warning"))?.Value);
    }

    [Fact]
    public void Root_may_send_as_anybody()
    {
        var added = Compose("bob@example.org", new MessageOrigin("LOCAL", Uid: 0), new LocalCaller(0, "root", ""), "");
        Assert.DoesNotContain(added.Fields, field => field.IsNamed("X-Authentication-Warning"));
    }

    [Fact]
    public void Message_ids_cannot_be_guessed_from_one_another() =>
        Assert.NotEqual(Compose("", Network, null, "").Fields[1], Compose("", Network, null, "").Fields[1]);

    private static HeadersAdded Compose(string sender, MessageOrigin origin, LocalCaller? caller, string content)
    {
        var header = new HeaderScanner();
        header.Scan(Octets.Of(content));
        return AddedFields.Compose(new Submission(new MailArguments(ReversePath.Parse(sender)), [], origin, caller), header, Id, Self, Noon);
    }
}
