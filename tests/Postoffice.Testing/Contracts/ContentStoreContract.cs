using System.Security.Cryptography;
using Postoffice.Store.Content;
using Postoffice.Store.Events;
using Postoffice.Store.Log;
using Postoffice.Store.Mail;
using Xunit;

namespace Postoffice.Testing.Contracts;

/// <summary>What any engine's content store must do. An engine's test class derives from this and opens its engine.</summary>
public abstract class ContentStoreContract : IAsyncLifetime
{
    private readonly QueueId id = new QueueIdSource(TimeProvider.System).Next();
    private IEngine engine = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    protected abstract Task<IEngine> OpenAsync();

    public async ValueTask InitializeAsync() => engine = await OpenAsync();

    public async ValueTask DisposeAsync()
    {
        await engine.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(8_191, 100)]
    [InlineData(131_071, 4_096)]
    [InlineData(131_072, 131_072)]
    [InlineData(131_073, 70_000)]
    [InlineData(393_216, 131_072)]
    [InlineData(5_000_011, 99_991)]
    public async Task Octets_written_in_pieces_of_any_size_come_back_with_their_length_and_digest(int length, int piece)
    {
        var octets = RandomNumberGenerator.GetBytes(length);
        await using var staging = engine.Content.Stage(id);
        foreach (var part in octets.Chunk(piece)) await staging.WriteAsync(part, Ct);
        Assert.Equal(length, staging.Length);
        var content = await staging.CompleteAsync(Ct);
        Assert.Equal((id, (long)length, Convert.ToHexStringLower(SHA256.HashData(octets))), (content.Message, content.Length, content.Sha256));

        await AcceptAsync(content);

        await using var stream = (await engine.Content.OpenAsync(id, Ct))!;
        Assert.Equal(length, stream.Length);
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy, 33_333, Ct);
        Assert.Equal(octets, copy.ToArray());
        Assert.Equal(0, await stream.ReadAsync(new byte[1], Ct));
    }

    [Theory]
    [InlineData(100)]
    [InlineData(1_000_000)]
    public async Task Nothing_is_to_be_seen_before_the_acceptance_and_it_stays_when_the_staging_ends(int length)
    {
        Assert.Null(await engine.Content.OpenAsync(id, Ct));
        await using (var staging = engine.Content.Stage(id))
        {
            await staging.WriteAsync(new byte[length], Ct);
            Assert.Null(await engine.Content.OpenAsync(id, Ct));
            var content = await staging.CompleteAsync(Ct);
            Assert.Null(await engine.Content.OpenAsync(id, Ct));
            await AcceptAsync(content);
        }
        await using var stream = await engine.Content.OpenAsync(id, Ct);
        Assert.Equal(length, stream!.Length);
    }

    [Fact]
    public async Task What_was_given_up_before_acceptance_is_forgotten_and_cannot_be_accepted()
    {
        StagedContent content;
        await using (var staging = engine.Content.Stage(id))
        {
            await staging.WriteAsync(new byte[300_000], Ct);
            content = await staging.CompleteAsync(Ct);
        }
        await Assert.ThrowsAsync<StoreUnavailableException>(() => AcceptAsync(content));
        Assert.Empty(await engine.Events.ReadAsync(StreamId.Message(id), 0, Ct));
        Assert.Null(await engine.Content.OpenAsync(id, Ct));
    }

    [Theory]
    [InlineData(100)]
    [InlineData(300_000)]
    public async Task A_queue_id_made_twice_does_not_touch_the_content_of_the_first_message(int length)
    {
        await using (var staging = engine.Content.Stage(id))
        {
            await staging.WriteAsync(new byte[length], Ct);
            await AcceptAsync(await staging.CompleteAsync(Ct));
        }
        await using (var second = engine.Content.Stage(id))
        {
            await Assert.ThrowsAsync<StoreUnavailableException>(async () => await second.WriteAsync(new byte[200_000], Ct));
        }
        await using var stream = await engine.Content.OpenAsync(id, Ct);
        Assert.Equal(length, stream!.Length);
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy, Ct);
        Assert.Equal(new byte[length], copy.ToArray());
    }

    [Fact]
    public async Task Many_messages_are_staged_at_once_each_for_itself()
    {
        var source = new QueueIdSource(TimeProvider.System);
        await Task.WhenAll(Enumerable.Range(1, 12).Select(async i =>
        {
            var own = source.Next();
            var octets = Enumerable.Repeat((byte)i, 40_000 * i).ToArray();
            await using var staging = engine.Content.Stage(own);
            foreach (var part in octets.Chunk(10_000)) await staging.WriteAsync(part, Ct);
            await AcceptAsync(await staging.CompleteAsync(Ct));
            await using var stream = (await engine.Content.OpenAsync(own, Ct))!;
            using var copy = new MemoryStream();
            await stream.CopyToAsync(copy, Ct);
            Assert.Equal(octets, copy.ToArray());
        }));
    }

    private async Task AcceptAsync(StagedContent content) => Assert.IsType<AppendResult.Appended>(await engine.Events.AppendAsync(
        new Append(StreamId.Message(content.Message), ExpectedVersion.NoStream, StoredMail.Acceptance(content)) { Content = content }, Ct));
}
