using Postoffice.Testing;

namespace Postoffice.Smtp.Tests;

/// <summary>Every transcript, its octets sent all at once, line by line, and one by one: how they arrive changes nothing.</summary>
public sealed class TranscriptTests
{
    private static readonly string Folder = Checkout.At("tests/Postoffice.Smtp.Tests/Transcripts");

    public static TheoryData<string> Names() => [.. Directory.EnumerateFiles(Folder, "*.smtp").Select(path => Path.GetFileName(path)!).Order()];

    [Theory, MemberData(nameof(Names))]
    public Task All_at_once(string name) => RunAsync(name, async (client, transcript) =>
    {
        await client.SendAsync(transcript.AllSent);
        return await client.EndAsync();
    });

    [Theory, MemberData(nameof(Names))]
    public Task Octet_by_octet(string name) => RunAsync(name, async (client, transcript) =>
    {
        foreach (var octet in transcript.AllSent)
        {
            await client.SendAsync(new[] { octet });
            await Task.Yield();
        }
        return await client.EndAsync();
    });

    [Theory, MemberData(nameof(Names))]
    public Task Line_by_line_waiting_for_each_reply(string name) => RunAsync(name, async (client, transcript) =>
    {
        var said = new System.Text.StringBuilder();
        foreach (var line in transcript.Lines)
        {
            if (line.FromClient) await client.SendAsync(line.Octets);
            else if (line.Text == "…" || line.Text.Length < 4 || line.Text[3] == ' ') said.Append(await client.ReplyAsync()).Append('\n');
        }
        return said.Append(await client.EndAsync()).ToString();
    });

    private static async Task RunAsync(string name, Func<TestClient, Transcript, Task<string>> talk)
    {
        var transcript = Transcript.Read(Path.Join(Folder, name));
        using var listener = new TestListener(settings: [.. transcript.Settings]);
        await using var client = listener.Connect(transcript.Client);
        transcript.Check(await talk(client, transcript));
        if (transcript.Accepted is { } expected) Assert.Equal(expected, (await listener.AcceptedAsync()).Count);
    }
}
