namespace Postoffice.EndToEnd.Tests;

/// <summary>Tests that have a site each. It leaves nothing behind, also where its start fails: nobody else disposes of it then.</summary>
public abstract class SiteTests : IAsyncLifetime
{
    protected Site Site { get; } = new();

    public async ValueTask InitializeAsync()
    {
        try
        {
            await StartAsync();
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await StopAsync();
        }
        finally
        {
            await Site.DisposeAsync();
        }
        GC.SuppressFinalize(this);
    }

    /// <summary>What every test finds done.</summary>
    protected abstract Task StartAsync();

    /// <summary>Ends what the site does not know of.</summary>
    protected virtual Task StopAsync() => Task.CompletedTask;
}
