using System.Security.Cryptography;
using System.Text;
using Postoffice.Runner.Transports.Sasl;

namespace Postoffice.Runner.Tests.Transports.Sasl;

public sealed class ScramMechanismTests
{
    private const string Nonce = "rOprNGfwEbeRWgbNEkqO";
    private const string ServerFirst = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";

    [Fact]
    public void The_exchange_of_rfc_7677_is_reproduced()
    {
        var scram = Scram(HashAlgorithmName.SHA256, Nonce);

        Assert.Equal("n,,n=user,r=rOprNGfwEbeRWgbNEkqO", Text(scram.Begin()));
        Assert.Equal(
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
            Respond(scram, ServerFirst));
        Assert.NotNull(scram.Doubt);
        Assert.Equal("", Respond(scram, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
        Assert.Null(scram.Doubt);
    }

    [Fact]
    public void The_exchange_of_rfc_5802_is_reproduced()
    {
        var scram = Scram(HashAlgorithmName.SHA1, "fyko+d2lbbFgONRv9qkxdawL");

        Assert.Equal("n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL", Text(scram.Begin()));
        Assert.Equal(
            "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
            Respond(scram, "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096"));
        Assert.Equal("", Respond(scram, "v=rmF9pqV8S7suAoZWja4dJRkFsKQ="));
    }

    [Theory]
    [InlineData("r=rOprNGfwEbeRWgbNEkqOmore,s=W22Z,i=4095", "iteration count")]
    [InlineData("r=rOprNGfwEbeRWgbNEkqOmore,s=W22Z,i=1000001", "iteration count")]
    [InlineData("r=rOprNGfwEbeRWgbNEkqOmore,s=W22Z,i=99999999999999999999", "iteration count")]
    [InlineData("r=rOprNGfwEbeRWgbNEkqOmore,s=W22Z,i=", "iteration count")]
    [InlineData("r=rOprNGfwEbeRWgbNEkqO,s=W22Z,i=4096", "nonce")]
    [InlineData("r=another,s=W22Z,i=4096", "nonce")]
    [InlineData("r=rOprNGfwEbeRWgbNEkqOmore,s=,i=4096", "salt")]
    [InlineData("r=rOprNGfwEbeRWgbNEkqOmore,s=!,i=4096", "salt")]
    [InlineData("m=must,r=rOprNGfwEbeRWgbNEkqOmore,s=W22Z,i=4096", "first message")]
    [InlineData("e=other-error", "first message")]
    [InlineData("", "first message")]
    public void A_first_message_that_is_not_to_be_answered_is_not(string serverFirst, string reason)
    {
        var scram = Scram(HashAlgorithmName.SHA256, Nonce);
        scram.Begin();

        Assert.Contains(reason, Assert.IsType<SaslAnswer.Refusal>(scram.Answer(Encoding.UTF8.GetBytes(serverFirst))).Reason);
    }

    [Theory]
    [InlineData("v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", "signature is wrong")]
    [InlineData("v=", "signature is wrong")]
    [InlineData("v=!", "last message")]
    [InlineData("e=invalid-proof", "last message")]
    public void A_server_that_does_not_prove_itself_is_not_believed(string serverFinal, string reason)
    {
        var scram = Scram(HashAlgorithmName.SHA256, Nonce);
        scram.Begin();
        Respond(scram, ServerFirst);

        Assert.Contains(reason, Assert.IsType<SaslAnswer.Refusal>(scram.Answer(Encoding.UTF8.GetBytes(serverFinal))).Reason);
        Assert.NotNull(scram.Doubt);
    }

    [Fact]
    public void Names_with_commas_and_equals_signs_stay_one_name()
    {
        var scram = new ScramMechanism(HashAlgorithmName.SHA256, new Credentials("a,b=c", "pencil"), Nonce);

        Assert.Equal($"n,,n=a=2Cb=3Dc,r={Nonce}", Text(scram.Begin()));
    }

    [Fact]
    public void Each_exchange_has_a_nonce_of_its_own() =>
        Assert.NotEqual(
            Text(new ScramMechanism(HashAlgorithmName.SHA256, new Credentials("user", "pencil")).Begin()),
            Text(new ScramMechanism(HashAlgorithmName.SHA256, new Credentials("user", "pencil")).Begin()));

    private static ScramMechanism Scram(HashAlgorithmName hash, string nonce) => new(hash, new Credentials("user", "pencil"), nonce);

    private static string Respond(ScramMechanism scram, string challenge) =>
        Text(Assert.IsType<SaslAnswer.Response>(scram.Answer(Encoding.UTF8.GetBytes(challenge))).Octets);

    private static string Text(byte[] octets) => Encoding.UTF8.GetString(octets);
}
