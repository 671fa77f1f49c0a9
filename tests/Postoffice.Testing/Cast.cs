using Postoffice.Store.Mail;

namespace Postoffice.Testing;

/// <summary>Who and when, in every test that needs somebody or some time: Alice writes to Bob, and it is noon.</summary>
public static class Cast
{
    public static readonly ReversePath Alice = ReversePath.Parse("alice@example.net");
    public static readonly ForwardPath Bob = ForwardPath.Parse("bob@example.test");
    public static readonly ForwardPath Carol = ForwardPath.Parse("carol@example.test");
    public static readonly DateTimeOffset Noon = new(2026, 3, 4, 12, 0, 0, TimeSpan.Zero);
    public static readonly QueueId Message = QueueId.Parse("0123456789AB");
}
