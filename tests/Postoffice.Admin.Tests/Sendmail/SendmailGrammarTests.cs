using Postoffice.Admin.Sendmail;
using Postoffice.Store.Control;
using Postoffice.Store.Mail;

namespace Postoffice.Admin.Tests.Sendmail;

/// <summary>C-CLI-04 to 23 and F16: what options mean, and that no value of an ignored one becomes a recipient.</summary>
public sealed class SendmailGrammarTests
{
    [Theory]
    [InlineData("-t -i", "")]
    [InlineData("-ti bob", "bob")]
    [InlineData("-oi -oem -odb -om bob carol", "bob carol")]
    [InlineData("-O DeliveryMode=b -i bob", "bob")]
    [InlineData("-OQueueDirectory=/tmp bob", "bob")]
    [InlineData("-X /root/x bob", "bob")]
    [InlineData("-D /tmp/d bob", "bob")]
    [InlineData("-L tag -p SMTP:h -h 3 -A c bob", "bob")]
    [InlineData("-f alice@example.net bob", "bob")]
    [InlineData("-falice@example.net -- -oQ@local", "-oQ@local")]
    [InlineData("-i bob -t", "bob -t")]
    [InlineData("-d0.1 bob", "bob")]
    [InlineData("-q15m bob", "bob")]
    [InlineData("-em bob", "bob")]
    public void Operands_are_what_options_and_their_values_leave(string line, string operands)
    {
        Assert.Equal(operands.Split(' ', StringSplitOptions.RemoveEmptyEntries), Parsed(line).Operands);
    }

    [Theory]
    [InlineData("-bm", "Submit")]
    [InlineData("-bs", "Session")]
    [InlineData("-bp", "List")]
    [InlineData("-bq", "RunQueue")]
    [InlineData("-q", "RunQueue")]
    [InlineData("-bi", "Aliases")]
    [InlineData("-I", "Aliases")]
    [InlineData("-bd", "Daemon")]
    [InlineData("-bD", "ForegroundDaemon")]
    [InlineData("-V", "Version")]
    [InlineData("--version", "Version")]
    [InlineData("--help", "Help")]
    public void A_mode_is_chosen_by_option(string line, string mode) => Assert.Equal(mode, Parsed(line).Mode.ToString());

    [Theory]
    [InlineData("-bv", "mode <v> is not implemented")]
    [InlineData("-bt", "mode <t> is not implemented")]
    [InlineData("-Z", "illegal option -- Z")]
    [InlineData("-f", "option requires an argument -- f")]
    [InlineData("-N sometimes", "-N takes")]
    [InlineData("-R all", "-R takes")]
    [InlineData("-B 9BIT", "-B takes")]
    [InlineData("-qIabc -qR", "option requires an argument -- qR")]
    [InlineData("-qXabc", "-q takes a time")]
    public void What_cannot_be_meant_is_refused_with_a_sentence(string line, string sentence)
    {
        Assert.False(SendmailGrammar.TryParse(SendmailMode.Submit, line.Split(' '), out _, out var problem));
        Assert.StartsWith(sentence, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Values_may_be_attached_or_be_the_next_word()
    {
        foreach (var line in (string[])["-F Alice -f a@b -N success,failure -R hdrs -V id1 -B 8bitmime -C f -o self=x", "-FAlice -fa@b -Nsuccess,failure -Rhdrs -Vid1 -B8BITMIME -Cf -oself=x"])
        {
            var options = Parsed(line);
            Assert.Equal("Alice", options.FullName);
            Assert.Equal("a@b", options.Sender);
            Assert.Equal(Notify.Success | Notify.Failure, options.Notify);
            Assert.Equal(Ret.Headers, options.Ret);
            Assert.Equal("id1", options.EnvelopeId);
            Assert.Equal("8BITMIME", options.Body);
            Assert.Equal("f", options.ConfigurationFile);
            Assert.Equal(["self=x"], options.Settings);
        }
    }

    [Theory]
    [InlineData("mailq", "List")]
    [InlineData("runq", "RunQueue")]
    [InlineData("newaliases", "Aliases")]
    [InlineData("smtpd", "Daemon")]
    [InlineData("send-mail", "Submit")]
    public void A_name_stands_for_a_mode(string name, string mode) => Assert.Equal(mode, SendmailGrammar.ModeOf(name).ToString());

    [Theory]
    [InlineData("runq", "-R remote.test -v", "remote.test", null, null)]
    [InlineData("runq", "-vRremote.test -S <> -I0A1B", "remote.test", "<>", "0A1B")]
    [InlineData("sendmail", "-qRremote.test", "remote.test", null, null)]
    [InlineData("sendmail", "-qS alice -v -qI0A", null, "alice", "0A")]
    [InlineData("mailq", "-qRremote.test", "remote.test", null, null)]
    public void A_run_may_be_for_a_part_of_the_queue(string name, string line, string? destination, string? sender, string? id)
    {
        Assert.True(SendmailGrammar.TryParse(SendmailGrammar.ModeOf(name)!.Value, line.Split(' '), out var options, out var problem), problem);
        Assert.Equal((SendmailMode.RunQueue, new RunFilter(destination, sender, id)), (options.Mode, options.Run));
        Assert.Equal(line.Contains('v', StringComparison.Ordinal), options.Verbose);
        Assert.Equal(Ret.Unspecified, options.Ret);
    }

    private static SendmailOptions Parsed(string line)
    {
        Assert.True(SendmailGrammar.TryParse(SendmailMode.Submit, line.Split(' '), out var options, out var problem), problem);
        return options;
    }
}
