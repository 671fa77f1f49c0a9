using System.Text;
using Polly;
using Postoffice.Runner.Transports.Sasl;
using Postoffice.Store.Mail;

namespace Postoffice.Runner.Transports;

/// <summary>AUTH (RFC 4954): says who we are. Whatever goes wrong is the operator's to mend, so mail waits for it.</summary>
internal sealed class Authentication(ClientSession session, Credentials credentials, ResiliencePipeline phase)
{
    private const string Cancel = "*", Nothing = "="; // RFC 4954 §4
    private const int MaxCommandOctets = 512; // with its CRLF; a longer first message waits for an empty challenge
    private const int Challenge = 334, Accepted = 235;

    /// <summary>The server has refused the credentials for good: whoever shares its accounts would, and may lock them after a few such attempts.</summary>
    public bool IsRefusedForGood { get; private set; }

    /// <param name="offered">The mechanisms the server names.</param>
    /// <param name="mayTellPassword">Whether the password itself may go over this connection.</param>
    /// <returns>Null when the server knows who we are; else why not, a sentence for the operator.</returns>
    /// <exception cref="OperationCanceledException">We are told to stop.</exception>
    public async Task<string?> RunAsync(IReadOnlyList<string> offered, bool mayTellPassword, CancellationToken ct)
    {
        if (offered.Count == 0) return $"it does not offer AUTH, and smtp-auth= has a password for {credentials} there";
        if (Mechanisms.Choose(offered, credentials, mayTellPassword) is not { } mechanism)
        {
            return mayTellPassword
                ? "it offers no mechanism of AUTH that we know"
                : "it offers no mechanism of AUTH but such as would send the password in the clear";
        }

        var (command, first) = Begin(mechanism);
        var answer = await SayAsync(command, ct);
        while (answer is Answer.Said({ Code: Challenge } challenge))
        {
            if (first is { } waiting)
            {
                // Only an empty challenge asks for it; but what it says makes no difference to a client that speaks first.
                first = null;
                answer = await SayAsync(waiting, ct);
                continue;
            }
            switch (Respond(mechanism, challenge))
            {
                case SaslAnswer.Response(var octets):
                    answer = await SayAsync(Convert.ToBase64String(octets), ct);
                    break;
                case SaslAnswer.Refusal(var reason):
                    await session.AskAsync(Cancel, phase, ct);
                    return $"{mechanism.Name} failed: {reason}";
            }
        }
        IsRefusedForGood = answer is Answer.Said({ IsPermanent: true });
        return answer switch
        {
            Answer.Said({ Code: Accepted }) => mechanism.Doubt is { } doubt ? $"{mechanism.Name} failed: {doubt}" : null,
            Answer.Said(var refusal) => $"{mechanism.Name} as {credentials} was refused: {PrintableText.Escape(refusal.ToString())}",
            Answer.Lost(var reason) => reason,
            _ => throw new InvalidOperationException($"{answer} is no answer"),
        };
    }

    /// <summary>The command, and what is to be said to the first challenge where it does not fit into the command.</summary>
    private static (string Command, string? First) Begin(ISaslMechanism mechanism)
    {
        var bare = $"AUTH {mechanism.Name}";
        if (mechanism.Begin() is not { } octets) return (bare, null);
        var first = octets.Length == 0 ? Nothing : Convert.ToBase64String(octets);
        var whole = $"{bare} {first}";
        return whole.Length + "\r\n".Length <= MaxCommandOctets ? (whole, null) : (bare, first);
    }

    private static SaslAnswer Respond(ISaslMechanism mechanism, Reply challenge)
    {
        var octets = new byte[challenge.Text.Length];
        return Convert.TryFromBase64String(challenge.Text, octets, out var count)
            ? mechanism.Answer(octets.AsSpan(0, count))
            : new SaslAnswer.Refusal("its challenge is not base64");
    }

    private Task<Answer> SayAsync(string line, CancellationToken ct) =>
        session.AskSecretlyAsync(line, [line, credentials.Password, Base64(credentials.Password)], phase, ct);

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
