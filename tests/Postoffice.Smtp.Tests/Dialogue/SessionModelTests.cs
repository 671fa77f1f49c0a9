using CsCheck;
using Postoffice.Smtp.Listening;
using Postoffice.Smtp.Tests.Listening;
using Postoffice.Store.Configuration;
using Postoffice.Testing;

namespace Postoffice.Smtp.Tests.Dialogue;

/// <summary>
/// P16: whatever is said in whatever order, however its octets are cut and whatever the store does, the session answers as
/// <see cref="SessionModel"/> does, takes what it takes and nothing else, and nothing is acknowledged before it is durable.
/// </summary>
public sealed class SessionModelTests : IDisposable
{
    private const int Round = 20_000;
    private readonly TempDirectory files = new();

    private readonly TestListener listener = new(settings:
        [$"max-errors={SessionModel.MaxErrors}", $"size={SessionModel.MaxMessage}", $"max-recipients={SessionModel.MaxRecipients}"]);

    public SessionModelTests()
    {
        var certificate = TlsCertificate.Load(ConfigurationFile.Load("/dev/null", [TestCertificate.Write(files, "mx.example.test")]));
        listener.Rules.Current = listener.Rules.Current with { Certificate = certificate };
    }

    public void Dispose()
    {
        listener.Dispose();
        files.Dispose();
    }

    [Fact]
    public async Task The_session_agrees_with_the_model()
    {
        var torture = new Torture();
        while (torture.GoesOn(usually: 1, most: 500)) await Conversation.Any.SampleAsync(AgreeAsync, iter: Round);
        TestContext.Current.SendDiagnosticMessage($"{torture.Rounds * Round} conversations");
    }

    private async Task AgreeAsync(Conversation conversation)
    {
        var model = new SessionModel(conversation.IsOwn, conversation.Fates, conversation.Room);
        var store = new DrivenStore(conversation.Fates, conversation.Room);
        await using var session = new DrivenSession(listener, conversation.IsOwn, store);
        foreach (var part in conversation.Parts())
        {
            foreach (var piece in part)
            {
                await session.SendAsync(piece);
                model.Take(piece);
                if (!conversation.IsSlow) GoOn();
            }
            if (!model.AwaitsHandshake) continue;
            GoOn();
            await session.SecureAsync();
            model.Secure();
        }
        await session.EndAsync();
        model.End();
        GoOn();

        Assert.True(session.IsOver, "the session goes on without its client");
        Assert.Equal(model.Letters, store.Durable.Select(message => message.Letter));
        var acknowledged = session.Replies.Where(reply => reply.EndsWith(" accepted", StringComparison.Ordinal));
        Assert.Equal(store.Durable.Select(message => $"250 2.0.0 {message.Id} accepted"), acknowledged);

        // What waits is made durable, and before that nobody was told.
        void GoOn()
        {
            while (store.IsWaiting)
            {
                Assert.True(session.Replies.Count <= model.Appends[store.Appends - 1], $"told before it was durable: {session.Replies[^1]}");
                store.GoOn();
            }
            var codes = session.Replies.Select(Code);
            var said = (model.IsSpoilt ? codes.Where(code => code != 0) : codes).ToList(); // behind a spoilt handshake stands an alert
            var expected = model.IsSpoilt && said.Count < model.Replies.Count ? model.Replies.SkipLast(1) : model.Replies;
            Assert.True(expected.SequenceEqual(said), $"expected {string.Join(' ', expected)}, said:\n{string.Join('\n', session.Replies)}");
        }
    }

    private static int Code(string reply) => int.TryParse(reply.AsSpan(0, Math.Min(3, reply.Length)), out var code) ? code : 0;
}
