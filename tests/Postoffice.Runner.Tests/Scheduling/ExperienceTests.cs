using Postoffice.Runner.Scheduling;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Tests.Scheduling;

/// <summary>Whether an attempt speaks for its destination: success lets it have more sessions, trouble fewer, and five times trouble none.</summary>
public sealed class ExperienceTests
{
    private static readonly RecipientResult Delivered = new RecipientResult.Delivered(1, Reply.Parse("250 2.0.0 ok"));
    private static readonly RecipientResult Later = new RecipientResult.Refused(2, Reply.Parse("450 4.2.1 busy"));
    private static readonly RecipientResult Never = new RecipientResult.Refused(2, Reply.Parse("550 5.1.1 who"));
    private static readonly RecipientResult Closing = new RecipientResult.Refused(2, Reply.Parse("421 4.3.2 closing"));
    private static readonly RecipientResult Lost = new RecipientResult.Unreached(3, "the peer closed the connection");
    private static readonly RecipientResult Doubt = new RecipientResult.InDoubt(3, "all was sent and no answer came");
    private static readonly RecipientResult Stopped = new RecipientResult.Interrupted(3, "the runner stopped");

    public static TheoryData<string, string, RecipientResult[]> All => new()
    {
        { "Good", "done", [Delivered] },
        { "Good", "done", [Delivered, Never] },
        { "Good", "rcpt", [Later] },
        { "Good", "done", [Delivered, Later] },
        { "None", "rcpt", [Never] },
        { "None", "data", [Stopped] },
        { "Trouble", "connect", [Lost] },
        { "Trouble", "greeting", [Later] },
        { "Trouble", "mail", [Closing] },
        { "Trouble", "mail", [Lost] },
        { "Trouble", "rcpt", [Never, Lost] },
        { "Trouble", "data", [Later, Lost] },
        { "Trouble", "done", [Doubt] },
        { "Trouble", "done", [Never, Doubt] },
    };

    [Theory]
    [MemberData(nameof(All))]
    public void It_is_what_the_session_came_to(string expected, string phase, RecipientResult[] results) =>
        Assert.Equal(expected, new AttemptReport(results, "mx.example.net", Phase: phase).Experience().ToString());

    [Fact]
    public void Our_own_trouble_says_nothing_of_the_destination() =>
        Assert.Equal(Experience.None, new AttemptReport([Lost], "mx.example.net", Phase: "content") { IsOurTrouble = true }.Experience());
}
