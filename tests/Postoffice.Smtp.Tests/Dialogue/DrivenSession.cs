using System.IO.Pipelines;
using System.Net.Security;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Postoffice.Smtp.Dialogue;
using Postoffice.Smtp.Intake;
using Postoffice.Smtp.Listening;
using Postoffice.Smtp.Verbs;
using Postoffice.Testing;

namespace Postoffice.Smtp.Tests.Dialogue;

/// <summary>
/// A session that runs on its client's thread: when octets are sent, everything it does about them is done when the call returns. So nothing is
/// waited for, and chance is in the conversation alone.
/// </summary>
internal sealed class DrivenSession : IAsyncDisposable
{
    private static readonly PipeOptions OnTheSpot = new(
        readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, pauseWriterThreshold: 0, useSynchronizationContext: false);

    private readonly Pipe toServer = new(OnTheSpot), toClient = new(OnTheSpot);
    private readonly DrivenStore store;
    private readonly SmtpSession session;
    private readonly List<string> replies = [];
    private readonly StringBuilder line = new();
    private readonly Task running;
    private SslStream? secured;
    private Task hearing = Task.CompletedTask;

    public DrivenSession(TestListener listener, bool isOwn, DrivenStore store)
    {
        this.store = store;
        var services = listener.Services with
        {
            Content = store,
            Acceptance = new Acceptance(store, listener.Clock, NullLogger.Instance),
            LeaveSocketThread = () => ValueTask.CompletedTask, // it has no other
        };
        var peer = new ClientPeer(isOwn ? TestListener.Own : TestListener.Stranger);
        session = new SmtpSession(new Ends(toServer.Reader, toClient.Writer), peer, services, new VerbTable(services));
        running = RunAsync();
    }

    public bool IsOver => running.IsCompleted;

    /// <summary>The last line of each reply that was said up to now.</summary>
    public IReadOnlyList<string> Replies
    {
        get
        {
            Listen();
            return replies;
        }
    }

    public async Task SendAsync(string octets)
    {
        if (secured is not null) await secured.WriteAsync(Octets.Of(octets));
        else await toServer.Writer.WriteAsync(Octets.Of(octets));
    }

    public async Task SecureAsync()
    {
        Listen();
        var plain = new DuplexStream(new Ends(toClient.Reader, toServer.Writer));
        secured = new SslStream(plain, leaveInnerStreamOpen: true, (_, certificate, _, _) => certificate is not null);
        await secured.AuthenticateAsClientAsync("mx.example.test");
        hearing = HearAsync(secured);
    }

    /// <summary>Closes the client's side.</summary>
    public async Task EndAsync() => await toServer.Writer.CompleteAsync();

    /// <summary>What does not end now never will, and the test has told so.</summary>
    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        while (store.IsWaiting) store.GoOn();
        if (!IsOver) return;
        await running;
        await hearing;
        if (secured is not null) await secured.DisposeAsync();
    }

    private async Task RunAsync()
    {
        await session.RunAsync(implicitTls: false);
        await session.DisposeAsync();
        await toServer.Reader.CompleteAsync();
        await toClient.Writer.CompleteAsync();
    }

    private async Task HearAsync(SslStream stream)
    {
        var octets = new byte[1_024];
        for (int read; (read = await stream.ReadAsync(octets)) > 0;) Hear(octets.AsSpan(0, read));
    }

    private void Listen()
    {
        while (secured is null && toClient.Reader.TryRead(out var read))
        {
            foreach (var segment in read.Buffer) Hear(segment.Span);
            toClient.Reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted) break;
        }
    }

    private void Hear(ReadOnlySpan<byte> octets)
    {
        foreach (var octet in octets)
        {
            if (octet != '\n')
            {
                line.Append((char)octet);
                continue;
            }
            if (line.Length < 4 || line[3] == ' ') replies.Add(line.ToString().TrimEnd('\r'));
            line.Clear();
        }
    }

    private sealed record Ends(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
