using Postoffice.Store.Events;
using Postoffice.Store.Mail;
using Postoffice.Store.Native;
using Postoffice.Testing;

namespace Postoffice.Store.Tests.Events;

/// <summary>Names and shapes on disk are for ever: each file under <c>Golden</c> is what the journal of some release holds.</summary>
public sealed class GoldenTests
{
    private static readonly QueueId Other = QueueId.Parse("ABCDEFGHJKMN");
    private static readonly string Digest = new('a', 64);

    private static readonly Dictionary<string, QueueEvent> Facts = new QueueEvent[]
    {
        new MessageAccepted(
            Cast.Alice,
            [
                new AcceptedRecipient(1, Cast.Bob, Notify.Failure | Notify.Delay, "rfc822;bobby@example.test"),
                new AcceptedRecipient(2, ForwardPath.Parse("жук@example.test")),
            ],
            new MessageOrigin("ESMTPS", "192.0.2.1", "client \"<é>\"", "Tls13 TLS_AES_128_GCM_SHA256", 1000),
            1234, Digest, "8BITMIME", SmtpUtf8: true, Ret.Headers, "QQ+314", EightBit: true),
        new HeadersAdded([new HeaderField("Received", "from client\r\n\tby us"), new HeaderField("Date", "now")], HasHeader: false),
        new AttemptStarted(3, [1, 2], new AttemptRoute(
            Transport.Mailbox, "bob",
            new MailboxIntent("mbox", null, "8:1", 42, 100, 1, 2000, Digest, Digest, "From alice@example.net Wed Mar  4 12:00:00 2026"))),
        new AttemptEnded(
            3,
            [
                new RecipientOutcome(1, OutcomeKind.Delivered, Reply.Parse("250 2.0.0 ok\ntwice"), DsnPassedOn: true),
                new RecipientOutcome(2, OutcomeKind.InDoubt, null, "no answer", Cast.Noon),
                new RecipientOutcome(3, OutcomeKind.Refused, null, "too large", Status: new(5, 3, 4)),
            ],
            "mx.example.test", "192.0.2.25", "Tls12 x", "done", 12, Recovered: true,
            [
                new TriedHop("mx1.example.test", "2001:db8::25", "greeting", Reply.Parse("554 5.7.1 not you")),
                new TriedHop("mx2.example.test", null, "connect", Reason: "no address"),
            ],
            Resolved: [new ResolvedHost("mx1.example.test", 10), new ResolvedHost("example.test", null)]),
        new RecipientExpired([2], "451 later"),
        new DsnQueued(Other, [1, 2]),
        new MessageHeld("root", "to see"),
        new MessageReleased("root"),
        new MessageCancelled("root", [1], [2, 3], "spam"),
        new MessageRerouted("root", NextHop.Parse("[2001:db8::1]:2525"), "down"),
        new WaitShortened([1, 3], Cast.Noon),
        new ContentPurged(1234),
        new FactsPurged([Other], 7, "keep-history=", "postoffice-runner"),
        new DropImported(Other),
        new CircuitOpened("connection refused", Cast.Noon),
        new CircuitClosed("it answers again"),
        new ConfigurationLoaded("/etc/postoffice.cf", Digest, "0.1.0"),
    }.ToDictionary(EventCatalogue.NameOf);

    public static TheoryData<string> Names => [.. EventCatalogue.All];

    [Fact]
    public void The_names_of_facts_only_ever_grow() =>
        Assert.Equal(Golden("names.txt").TrimEnd('\n').Split('\n'), EventCatalogue.All);

    [Theory]
    [MemberData(nameof(Names))]
    public void A_fact_is_written_as_it_always_was(string name) =>
        Assert.Equal(Golden($"{name}.json").TrimEnd('\n'), EventJson.Write(Facts[name]));

    [Theory]
    [InlineData(DsnAction.Delayed, """{"dsn":"ABCDEFGHJKMN","recipients":[1],"action":"delayed"}""")]
    [InlineData(DsnAction.Delivered, """{"dsn":"ABCDEFGHJKMN","recipients":[1],"action":"delivered"}""")]
    [InlineData(DsnAction.Relayed, """{"dsn":"ABCDEFGHJKMN","recipients":[1],"action":"relayed"}""")]
    public void A_notification_that_is_not_of_a_failure_says_of_what(DsnAction action, string json)
    {
        var queued = new DsnQueued(Other, [1], Action: action);
        Assert.Equal(json, EventJson.Write(queued));
        Assert.Equal(queued, EventJson.Read("dsn-queued.v1", json));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_fact_of_an_earlier_release_is_read(string name) =>
        Assert.Equal(Facts[name], EventJson.Read(name, Golden($"{name}.json")));

    // Of an import, each value may be missing.
    public static TheoryData<string> NamesWithValues => [.. EventCatalogue.All.Where(name => name != "drop-imported.v1")];

    [Theory]
    [MemberData(nameof(NamesWithValues))]
    public void A_fact_without_what_every_such_fact_has_is_no_fact(string name)
    {
        Assert.Throws<System.Text.Json.JsonException>(() => EventJson.Read(name, "{}"));
    }

    [Fact]
    public void Inside_a_fact_nothing_may_be_missing_either() =>
        Assert.Throws<System.Text.Json.JsonException>(() => EventJson.Read("attempt-started.v1", """{"attempt":1,"recipients":[1],"route":{"transport":"smtp"}}"""));

    [Fact]
    public void A_header_field_without_a_name_is_no_fact() =>
        Assert.ThrowsAny<ArgumentException>(() => EventJson.Read("headers-added.v1", """{"fields":[{"value":"x"}],"hasHeader":true}"""));

    [Fact]
    public void What_may_be_missing_is_read_as_missing() =>
        Assert.Equal(new DsnQueued(null, [1], "NOTIFY"), EventJson.Read("dsn-queued.v1", EventJson.Write(new DsnQueued(null, [1], "NOTIFY"))));

    [Fact]
    public void An_outcome_from_before_dsn_was_passed_on_is_one_of_ours_to_tell()
    {
        const string Earlier = """{"attempt":1,"outcomes":[{"recipient":1,"result":"delivered","reply":"250 ok"}]}""";
        var ended = new AttemptEnded(1, [new RecipientOutcome(1, OutcomeKind.Delivered, Reply.Parse("250 ok"))]);

        Assert.Equal(ended, EventJson.Read("attempt-ended.v1", Earlier));
        Assert.Equal(Earlier, EventJson.Write(ended));
    }

    [Theory]
    [InlineData("""{"recipients":[1],"lastReason":"451 later","by":"root","reason":"dead","trying":[2]}""", "recipient-expired.v1")]
    [InlineData("""{"by":"root","reason":"mended"}""", "message-released.v1")]
    [InlineData("""{"by":"root"}""", "message-rerouted.v1")]
    public void What_was_added_later_is_written_when_it_is_there(string json, string name) =>
        Assert.Equal(json, EventJson.Write(EventJson.Read(name, json)));

    [Fact]
    public void Why_mail_went_in_the_clear_is_written_where_there_is_a_reason()
    {
        var ended = new AttemptEnded(1, [], TlsTrouble: "STARTTLS was refused");

        Assert.Equal("""{"attempt":1,"outcomes":[],"tlsTrouble":"STARTTLS was refused"}""", EventJson.Write(ended));
        Assert.Equal(ended, EventJson.Read("attempt-ended.v1", EventJson.Write(ended)));
    }

    private static string Golden(string file)
    {
        var path = Checkout.At($"tests/Postoffice.Store.Tests/Events/Golden/{file}");
        return SafeFile.TryStat(path, out _) ? SafeFile.ReadText(path, 64 * 1024) : $"{file} is missing; it should hold what follows";
    }
}
