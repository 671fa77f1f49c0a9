using Postoffice.Runner.Conversations;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;
using Postoffice.Testing;

namespace Postoffice.Runner.Tests.Conversations;

public sealed class SwitchBoardTests
{
    private static readonly QueuedMessage Message = QueueScene.Given(QueueScene.Accepted()).Message;
    private readonly SwitchBoard board = new();

    [Fact]
    public void With_nobody_listening_there_is_no_conversation()
    {
        Assert.Null(board.Open(Message, "192.0.2.1"));
        using (board.Listen(submittedBy: null)) Assert.NotNull(board.Open(Message, "192.0.2.1"));
        Assert.Null(board.Open(Message, "192.0.2.1"));
    }

    [Fact]
    public void Each_listener_hears_every_line()
    {
        using var first = board.Listen(submittedBy: null);
        using var second = board.Listen(submittedBy: null);
        board.Tell(Message, "one");

        Assert.Equal(("one", "one"), (first.TryTake(), second.TryTake()));
        Assert.Null(first.TryTake());
    }

    [Fact]
    public void A_slow_listener_loses_lines_with_a_note_and_stops_nobody()
    {
        using var listener = board.Listen(submittedBy: null);
        for (var i = 0; i < Listener.MaxLines + 5; i++) board.Tell(Message, $"{i}");

        Assert.Equal("0", listener.TryTake());
        Assert.Equal("1", listener.TryTake());
        board.Tell(Message, "after");
        var rest = new List<string>();
        while (listener.TryTake() is { } line) rest.Add(line);

        Assert.Equal([$"{Listener.MaxLines - 1}", "(5 lines were not read in time and are lost)", "after"], rest[^3..]);
    }

    [Fact]
    public void Lines_lost_at_the_end_are_told_of_too()
    {
        using var listener = board.Listen(submittedBy: null);
        for (var i = 0; i <= Listener.MaxLines; i++) board.Tell(Message, new string('x', 10_000));

        for (var i = 0; i < Listener.MaxLines; i++) Assert.Equal(Listener.MaxCharacters, listener.TryTake()!.Length);
        Assert.Equal("(1 lines were not read in time and are lost)", listener.TryTake());
        Assert.Null(listener.TryTake());
    }

    [Theory]
    [InlineData("AUTH PLAIN AGJvYgBzZWNyZXQ=", "<< AUTH PLAIN ***")]
    [InlineData("auth login Ym9i", "<< auth login ***")]
    [InlineData("AUTH LOGIN", "<< AUTH LOGIN")]
    public void Passwords_are_masked(string command, string shown)
    {
        using var listener = board.Listen(submittedBy: null);
        var conversation = board.Open(Message, "2001:db8:ffff:ffff::1")!;
        conversation.Sent(command);
        conversation.Heard(Reply.Parse("503 what"));
        conversation.Heard(new Reply(334, null, "UGFzc3dvcmQ6"));
        conversation.Sent("c2VjcmV0");
        conversation.Sent("QUIT");

        listener.TryTake(); // OPEN
        string[] expected = [shown, ">> 503 what", ">> 334 ***", "<< ***", "<< QUIT"];
        foreach (var line in expected) Assert.Equal($"2001:db8:ffff:ffff::1 {line}", listener.TryTake());
    }
}
