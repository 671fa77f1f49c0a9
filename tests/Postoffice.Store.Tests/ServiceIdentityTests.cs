using Postoffice.Store.Configuration;
using Postoffice.Store.Native;
using Postoffice.Testing;

namespace Postoffice.Store.Tests;

/// <summary>Whom a service started as root goes on as. That it really does is shown with processes of their own (RightsTests).</summary>
public sealed class ServiceIdentityTests : IDisposable
{
    private const string Games = "games", Daemon = "daemon"; // every Debian has them
    private const uint Nameless = 54_321;
    private readonly TempDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public void Without_user_it_is_the_owner_of_the_stores_directory_with_all_his_groups()
    {
        var games = SystemUser.Find(Games)!;
        Own(games.Uid, games.Gid);

        var (uid, gid, groups) = ServiceIdentity.Choose(Settings.Empty, directory.Path);

        Assert.Equal((games.Uid, games.Gid), (uid, gid));
        Assert.Equal(games.Groups(), groups);
    }

    [Fact]
    public void An_owner_without_a_name_keeps_only_the_directorys_group()
    {
        Own(Nameless, Nameless + 1);

        var (uid, gid, groups) = ServiceIdentity.Choose(Settings.Empty, directory.Path);

        Assert.Equal((Nameless, Nameless + 1), (uid, gid));
        Assert.Equal([Nameless + 1], groups);
    }

    [Theory]
    [InlineData("", Games)]
    [InlineData(null, Games)]
    [InlineData(Daemon, Daemon)]
    public void User_comes_before_the_owner_unless_it_is_empty(string? user, string expected)
    {
        var games = SystemUser.Find(Games)!;
        Own(games.Uid, games.Gid);

        Assert.Equal(SystemUser.Find(expected)!.Uid, ServiceIdentity.Choose(User(user), directory.Path).Uid);
    }

    [Fact]
    public void A_user_that_is_nobody_is_refused_before_anything_changes()
    {
        var refused = Assert.Throws<SettingException>(() => ServiceIdentity.Choose(User("no-such-user"), directory.Path));

        Assert.Contains("the name of a user of this system is expected", refused.Message);
    }

    [Fact]
    public void A_directory_that_is_missing_is_made_for_the_services_own_user()
    {
        var expected = SystemUser.Find(ServiceIdentity.ServiceUser)?.Uid ?? 0;

        Assert.Equal(expected, ServiceIdentity.Choose(Settings.Empty, directory.File("missing")).Uid);
    }

    [Fact]
    public void Roots_own_directory_makes_it_go_on_as_root_with_a_warning_that_says_what_to_do()
    {
        NeedsRoot();
        var warnings = new List<string>();

        ServiceIdentity.Assume(Settings.Empty, directory.File("postoffice.db"), warnings.Add);

        var warning = Assert.Single(warnings);
        Assert.Contains($"going on as root, the owner of {directory.Path}", warning);
        Assert.Contains("set user=NAME", warning);
        Assert.Equal(0u, Libc.GetEuid());
    }

    private static void NeedsRoot() => Assert.True(Libc.GetEuid() == 0, "this test gives a directory away and so must run as root");

    private static Settings User(string? name) => new(null, [new Setting("user", name, "test:1")], []);

    private void Own(uint uid, uint gid)
    {
        NeedsRoot();
        Libc.Check(Libc.Chown(directory.Path, uid, gid), directory.Path);
    }
}
