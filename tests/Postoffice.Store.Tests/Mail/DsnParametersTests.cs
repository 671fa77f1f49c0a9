using CsCheck;
using Postoffice.Store.Mail;
using Xunit;

namespace Postoffice.Store.Tests.Mail;

public sealed class DsnParametersTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("abc", "abc")]
    [InlineData("a+20b+2Bc+3Dd", "a b+c=d")]
    [InlineData("a+2b", "a+")]
    [InlineData("j+C3+BCrgen", "j\u00FCrgen")]
    [InlineData("a@b;c\\x{20AC}", "a@b;c\\x{20AC}")]
    public void Xtext_is_decoded(string encoded, string text)
    {
        Assert.True(XText.TryDecode(encoded, out var decoded));
        Assert.Equal(text, decoded);
    }

    // Attacks P19 and P21: no NUL and no line end comes in by way of a parameter.
    [Theory]
    [InlineData("a+0D+0Ab")]
    [InlineData("a+0Ab")]
    [InlineData("a+0D")]
    [InlineData("+00")]
    [InlineData("a+09b")]
    [InlineData("a+1Bb")]
    [InlineData("a+7Fb")]
    [InlineData("a+C2+85b")]
    [InlineData("a+E2+80+A8b")]
    [InlineData("a+E9b")]
    [InlineData("a+C0+AFb")]
    [InlineData("a+ED+A0+80")]
    [InlineData("a b")]
    [InlineData("a\r\nb")]
    [InlineData("a=b")]
    [InlineData("+")]
    [InlineData("a+4")]
    [InlineData("a+4G")]
    [InlineData("a+ 4")]
    [InlineData("a++4")]
    [InlineData("a+-4")]
    [InlineData("j\u00FCrgen")]
    public void Xtext_that_is_broken_or_stands_for_a_control_is_refused(string encoded)
    {
        Assert.False(XText.TryDecode(encoded, out _));
        Assert.False(DsnParameters.TryParseEnvelopeId(encoded, out _));
        Assert.False(OriginalRecipient.TryParse($"rfc822;{encoded}", smtpUtf8: true, out _));
    }

    [Fact]
    public void Encoding_then_decoding_returns_the_text() =>
        Gen.OneOf(Gen.Char[' ', '~'], Gen.Char['\u00A0', '\u1FFF']).Array[0, 40].Sample(characters =>
        {
            var encoded = XText.Encode(characters);
            Assert.False(encoded.AsSpan().ContainsAnyExceptInRange('!', '~'));
            Assert.True(XText.TryDecode(encoded, out var decoded));
            Assert.Equal(new string(characters), decoded);
        });

    [Theory]
    [InlineData("NEVER", Notify.Never, "NEVER")]
    [InlineData("never", Notify.Never, "NEVER")]
    [InlineData("Success", Notify.Success, "SUCCESS")]
    [InlineData("DELAY,FAILURE", Notify.Failure | Notify.Delay, "FAILURE,DELAY")]
    [InlineData("SUCCESS,FAILURE,DELAY", Notify.Success | Notify.Failure | Notify.Delay, "SUCCESS,FAILURE,DELAY")]
    public void Notify_is_read_and_written(string value, Notify expected, string written)
    {
        Assert.True(DsnParameters.TryParseNotify(value, out var notify));
        Assert.Equal(expected, notify);
        Assert.Equal(written, DsnParameters.Format(notify));
    }

    [Theory]
    [InlineData("")]
    [InlineData(",")]
    [InlineData("NEVER,SUCCESS")]
    [InlineData("SUCCESS,NEVER")]
    [InlineData("NEVER,NEVER")]
    [InlineData("SUCCESS,SUCCESS")]
    [InlineData("SUCCESS,")]
    [InlineData("SUCCESS FAILURE")]
    [InlineData("ALWAYS")]
    public void A_broken_notify_is_refused(string value) => Assert.False(DsnParameters.TryParseNotify(value, out _));

    [Theory]
    [InlineData("full", Ret.Full, "FULL")]
    [InlineData("HDRS", Ret.Headers, "HDRS")]
    public void Ret_is_read_and_written(string value, Ret expected, string written)
    {
        Assert.True(DsnParameters.TryParseRet(value, out var ret));
        Assert.Equal(expected, ret);
        Assert.Equal(written, DsnParameters.Format(ret));
        Assert.False(DsnParameters.TryParseRet($"{value}S", out _));
    }

    [Fact]
    public void What_was_not_given_is_not_written()
    {
        Assert.Null(DsnParameters.Format(Notify.Unspecified));
        Assert.Null(DsnParameters.Format(Ret.Unspecified));
    }

    [Fact]
    public void An_envelope_id_has_1_to_100_encoded_characters_of_ASCII()
    {
        Assert.True(DsnParameters.TryParseEnvelopeId("QQ+2B314159", out var id));
        Assert.Equal("QQ+314159", id);
        Assert.True(DsnParameters.TryParseEnvelopeId(new string('a', 100), out _));
        Assert.False(DsnParameters.TryParseEnvelopeId(new string('a', 101), out _));
        Assert.False(DsnParameters.TryParseEnvelopeId("", out _));
        Assert.False(DsnParameters.TryParseEnvelopeId("+C3+BC", out _));
    }

    [Theory]
    [InlineData("rfc822;bob@example.test", "rfc822", "bob@example.test", "rfc822;bob@example.test")]
    [InlineData("RFC822;a+20b+40c", "rfc822", "a b@c", "rfc822;a+20b@c")]
    [InlineData("X400;/C+3DDE/", "x400", "/C=DE/", "x400;/C+3DDE/")]
    [InlineData("utf-8;j\u00FCrgen@x.test", "utf-8", "j\u00FCrgen@x.test", "utf-8;j\\x{FC}rgen@x.test")]
    [InlineData("utf-8;j\\x{FC}rgen@x.test", "utf-8", "j\u00FCrgen@x.test", "utf-8;j\\x{FC}rgen@x.test")]
    [InlineData("utf-8;j+C3+BCrgen@x.test", "utf-8", "j\u00FCrgen@x.test", "utf-8;j\\x{FC}rgen@x.test")]
    [InlineData("UTF-8;\\x{1F4E8}+2B\\x{3d}a\\x{5C}b@x.test", "utf-8", "\U0001F4E8+=a\\b@x.test", "utf-8;\\x{1F4E8}\\x{2B}\\x{3D}a\\x{5C}b@x.test")]
    [InlineData("utf-8;a\\x{}\\x{D800}\\x{110000}\\x{0000041}\\x{4", "utf-8", "a\\x{}\\x{D800}\\x{110000}\\x{0000041}\\x{4", "utf-8;a\\x{5C}x{}\\x{5C}x{D800}\\x{5C}x{110000}\\x{5C}x{0000041}\\x{5C}x{4")]
    [InlineData("rfc822;a\\x{FC}", "rfc822", "a\\x{FC}", "rfc822;a\\x{FC}")]
    public void An_original_recipient_has_a_type_and_an_address(string value, string type, string address, string written)
    {
        Assert.True(OriginalRecipient.TryParse(value, smtpUtf8: true, out var recipient));
        Assert.Equal((type, address), (recipient.AddressType, recipient.Address));
        Assert.Equal(written, recipient.ToString());
        Assert.Equal(recipient, OriginalRecipient.Parse(written));
    }

    [Theory]
    [InlineData("")]
    [InlineData(";")]
    [InlineData("rfc822")]
    [InlineData("rfc822;")]
    [InlineData(";bob@example.test")]
    [InlineData("rfc 822;bob")]
    [InlineData("rfc822\r\n;bob")]
    [InlineData("utf-8;j\u00FCrgen@x.test")]
    [InlineData("rfc822;j\u00FCrgen@x.test")]
    [InlineData("utf-8;a\\x{0A}b@x.test")]
    [InlineData("utf-8;a\\x{2028}b@x.test")]
    [InlineData("utf-8;a+5Cx{0}b@x.test")]
    [InlineData("utf-8;a+C0+8A@x.test")]
    public void A_broken_original_recipient_is_refused(string value) =>
        Assert.False(OriginalRecipient.TryParse(value, smtpUtf8: false, out _));

    [Fact]
    public void Any_address_comes_out_of_its_encoding_as_it_went_in() =>
        Gen.OneOf(Gen.Char[' ', '~'], Gen.Char['\u00A0', '\u1FFF'], Gen.Const('\\'), Gen.Const('{'), Gen.Const('x')).Array[1, 40].Sample(characters =>
        {
            var encoded = Utf8XText.Encode(new string(characters));
            Assert.False(encoded.AsSpan().ContainsAnyExceptInRange('!', '~'));
            Assert.True(Utf8XText.TryDecode(encoded, out var decoded));
            Assert.Equal(new string(characters), decoded);
        });

    [Fact]
    public void What_grows_in_ascii_is_read_back_from_the_journal()
    {
        Assert.True(OriginalRecipient.TryParse($"utf-8;{new string('\u00FC', 494)}", smtpUtf8: true, out var recipient));
        Assert.Equal(recipient, OriginalRecipient.Parse(recipient.ToString()));
    }

    [Fact]
    public void An_original_recipient_has_at_most_500_characters()
    {
        Assert.True(OriginalRecipient.TryParse($"rfc822;{new string('a', 493)}", smtpUtf8: false, out _));
        Assert.False(OriginalRecipient.TryParse($"rfc822;{new string('a', 494)}", smtpUtf8: false, out _));
    }
}
