using CsCheck;
using Postoffice.Store.Mail;
using Postoffice.Testing;
using Xunit;

namespace Postoffice.Store.Tests.Mail;

public sealed class MailboxTests
{
    // Attacks A01 to A03, A06, A07, A13, A14: whatever it means elsewhere, here it is a local part.
    [Theory]
    [InlineData("alice@example.test", "alice", "alice@example.test")]
    [InlineData("Alice@EXAMPLE.Test", "Alice", "Alice@example.test")]
    [InlineData("a.b+c=d@x.test", "a.b+c=d", "a.b+c=d@x.test")]
    [InlineData("u%v@x.test", "u%v", "u%v@x.test")]
    [InlineData("v!u@x.test", "v!u", "v!u@x.test")]
    [InlineData("${run{id}}@x.test", "${run{id}}", "${run{id}}@x.test")]
    [InlineData("/etc/passwd@x.test", "/etc/passwd", "/etc/passwd@x.test")]
    [InlineData("-oQ@x.test", "-oQ", "-oQ@x.test")]
    [InlineData("u@[IPv6:::1]", "u", "u@[IPv6:::1]")]
    [InlineData("u@[192.0.2.1]", "u", "u@[192.0.2.1]")]
    [InlineData("u@x.test.", "u", "u@x.test")]
    [InlineData("\"alice\"@x.test", "alice", "alice@x.test")]
    [InlineData("\"a\\l\\ice\"@x.test", "alice", "alice@x.test")]
    [InlineData("\"a b\"@x.test", "a b", "\"a b\"@x.test")]
    [InlineData("\"a\\\"b\"@x.test", "a\"b", "\"a\\\"b\"@x.test")]
    [InlineData("\"a\\\\b\"@x.test", "a\\b", "\"a\\\\b\"@x.test")]
    [InlineData("\"a@b\"@x.test", "a@b", "\"a@b\"@x.test")]
    [InlineData("\"\"@x.test", "", "\"\"@x.test")]
    [InlineData("\"a..b\"@x.test", "a..b", "\"a..b\"@x.test")]
    [InlineData("\"|/bin/id\"@x.test", "|/bin/id", "|/bin/id@x.test")]
    [InlineData("\":include:/etc/passwd\"@x.test", ":include:/etc/passwd", "\":include:/etc/passwd\"@x.test")]
    [InlineData("\"x'/**/UNION/**/SELECT/**/1--\"@x.test", "x'/**/UNION/**/SELECT/**/1--", "x'/**/UNION/**/SELECT/**/1--@x.test")]
    public void A_mailbox_has_one_form(string text, string localPart, string canonical)
    {
        Assert.True(Mailbox.TryParse(text, smtpUtf8: false, out var mailbox));
        Assert.Equal(localPart, mailbox.LocalPart);
        Assert.Equal(canonical, mailbox.ToString());
        Assert.Equal(mailbox, Mailbox.Parse(canonical));
    }

    [Theory]
    [InlineData("")]
    [InlineData("@")]
    [InlineData("@x.test")]
    [InlineData("alice")]
    [InlineData("alice@")]
    [InlineData("u@v@x.test")]
    [InlineData("u@.")]
    [InlineData(".!@x.test")]
    [InlineData("a..b@x.test")]
    [InlineData(".a@x.test")]
    [InlineData("a.@x.test")]
    [InlineData("a b@x.test")]
    [InlineData(" a@x.test")]
    [InlineData("a@x.test ")]
    [InlineData("a@x test")]
    [InlineData("<a@x.test>")]
    [InlineData("a,b@x.test")]
    [InlineData("\\root@x.test")]
    [InlineData("a');DROP TABLE events;--@x.test")]
    [InlineData("\"a@x.test")]
    [InlineData("\"a\"b@x.test")]
    [InlineData("\"a\" @x.test")]
    [InlineData("a\"b\"@x.test")]
    [InlineData("\"a\\\"@x.test")]
    [InlineData("\"a\\")]
    [InlineData("\"")]
    [InlineData("\"a\r\nb\"@x.test")]
    [InlineData("\"a\\\r\nb\"@x.test")]
    [InlineData("\"a\\\nb\"@x.test")]
    [InlineData("\"a\tb\"@x.test")]
    [InlineData("\"a\0b\"@x.test")]
    [InlineData("a\0@x.test")]
    [InlineData("a\n@x.test")]
    [InlineData("a\u007F@x.test")]
    [InlineData("a@x.test\0")]
    [InlineData("a@127.1")]
    [InlineData("a@[127.1]")]
    [InlineData("a@[192.0.2.1")]
    public void What_is_no_mailbox_is_refused(string text)
    {
        Assert.False(Mailbox.TryParse(text, smtpUtf8: false, out _));
        Assert.False(Mailbox.TryParse(text, smtpUtf8: true, out _));
    }

    [Theory]
    [InlineData("j\u00FCrgen@b\u00FCcher.example", "j\u00FCrgen@xn--bcher-kva.example", false)]
    [InlineData("\"j\u00FC rgen\"@x.test", "\"j\u00FC rgen\"@x.test", false)]
    [InlineData("\U0001F4EE@x.test", "\U0001F4EE@x.test", false)]
    [InlineData("a@b\u00FCcher.example", "a@xn--bcher-kva.example", true)]
    public void Other_than_ASCII_needs_SMTPUTF8(string text, string canonical, bool isAscii)
    {
        Assert.False(Mailbox.TryParse(text, smtpUtf8: false, out _));
        Assert.True(Mailbox.TryParse(text, smtpUtf8: true, out var mailbox));
        Assert.Equal(canonical, mailbox.ToString());
        Assert.Equal(isAscii, mailbox.IsAscii);
        Assert.Equal(mailbox, Mailbox.Parse(canonical));
    }

    [Theory]
    [InlineData("a\uFFFD@x.test")]
    [InlineData("\"a\uFFFD\"@x.test")]
    [InlineData("\"\\\u00FC\"@x.test")]
    [InlineData("a\u0085@x.test")]
    [InlineData("a\u2028@x.test")]
    [InlineData("\"a\u2029\"@x.test")]
    public void Not_even_SMTPUTF8_takes_controls_or_broken_characters(string text) =>
        Assert.False(Mailbox.TryParse(text, smtpUtf8: true, out _));

    [Fact]
    public void Half_a_character_is_refused()
    {
        // Not as attributes' arguments: those are stored as UTF-8, which has no halves.
        foreach (var text in new[] { "a\uD800@x.test", "a\uDC00\uD800@x.test", "\"\uD800\"@x.test", "\"\\\uD800\"@x.test" })
            Assert.False(Mailbox.TryParse(text, smtpUtf8: true, out _));
    }

    // Attack P20: broken UTF-8 in the envelope never becomes another mailbox.
    [Theory]
    [InlineData("a\u00E9@x.test")]
    [InlineData("\u00C0\u00AF@x.test")]
    [InlineData("\u00ED\u00A0\u0080@x.test")]
    [InlineData("\u0080@x.test")]
    [InlineData("\u00C3")]
    public void Octets_that_are_no_UTF8_are_not_decoded(string octets) => Assert.False(MailText.TryDecodeUtf8(Octets.Of(octets), out _));

    [Fact]
    public void Octets_that_are_UTF8_are_decoded()
    {
        Assert.True(MailText.TryDecodeUtf8("a\u00E9\U0001F4EE"u8, out var text));
        Assert.Equal("a\u00E9\U0001F4EE", text);
    }

    [Fact]
    public void Local_part_and_mailbox_have_limits_in_octets()
    {
        var local = new string('a', 64);
        var label = new string('b', 60);
        var domain = $"{label}.{label}.{label}.bbbbbb"; // 189 octets: 254 with the local part and its @

        Assert.True(Mailbox.TryParse($"{local}@{domain}", smtpUtf8: false, out _));
        Assert.False(Mailbox.TryParse($"{local}@{domain}b", smtpUtf8: false, out _));
        Assert.False(Mailbox.TryParse($"{local}a@x.test", smtpUtf8: false, out _));
        Assert.True(Mailbox.TryParse($"\"{local}\"@x.test", smtpUtf8: false, out _));
        Assert.True(Mailbox.TryParse($"\"{local[..61]} \"@x.test", smtpUtf8: false, out _));
        Assert.False(Mailbox.TryParse($"\"{local[..62]} \"@x.test", smtpUtf8: false, out _));
        Assert.True(Mailbox.TryParse($"{new string('\u00FC', 32)}@x.test", smtpUtf8: true, out _));
        Assert.False(Mailbox.TryParse($"{new string('\u00FC', 33)}@x.test", smtpUtf8: true, out _));
        Assert.False(Mailbox.TryParse($"\"{new string('a', 65_536)}\"@x.test", smtpUtf8: false, out _));
    }

    [Fact]
    public void A_local_part_alone_is_taken_only_where_asked_for()
    {
        Assert.False(Mailbox.TryParse("alice", smtpUtf8: false, out _));
        Assert.True(Mailbox.TryParse("alice", smtpUtf8: false, out var alice, localPartOnly: true));
        Assert.True(alice.IsLocalPartOnly);
        Assert.Equal(alice, Mailbox.Parse("alice"));

        Assert.True(DomainName.TryParse("x.test", out var domain));
        Assert.Equal(Mailbox.Parse("alice@x.test"), alice.At(domain));
    }

    [Fact]
    public void A_local_part_is_not_moved_to_a_domain_that_makes_it_too_long()
    {
        var label = new string('b', 63);
        Assert.True(DomainName.TryParse($"{label}.{label}.{label}.{label}", out var domain));
        Assert.Null(Mailbox.Parse("alice").At(domain));
    }

    [Fact]
    public void Damage_in_the_journal_is_a_surprise() => Assert.Throws<FormatException>(() => Mailbox.Parse("a b"));

    [Fact]
    public void Reading_the_canonical_form_returns_it_whatever_was_read() =>
        Gen.OneOf(Gen.Char["ab.@\"\\ \u00FC"], Gen.Char).Array[1, 16].Sample(characters =>
        {
            if (!Mailbox.TryParse(characters, smtpUtf8: true, out var mailbox, localPartOnly: true)) return;
            Assert.Equal(mailbox, Mailbox.Parse(mailbox.ToString()));
            Assert.Equal(mailbox.LocalPart, Mailbox.Parse(mailbox.ToString()).LocalPart);
        });

    [Fact]
    public void Every_printable_local_part_can_be_written_and_read_back() =>
        Gen.Char[' ', '~'].Array[0, 30].Sample(characters =>
        {
            var localPart = new string(characters);
            var quoted = localPart.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);

            Assert.True(Mailbox.TryParse($"\"{quoted}\"@x.test", smtpUtf8: false, out var mailbox));
            Assert.Equal(localPart, mailbox.LocalPart);
            Assert.Equal(localPart, Mailbox.Parse(mailbox.ToString()).LocalPart);
        });
}
