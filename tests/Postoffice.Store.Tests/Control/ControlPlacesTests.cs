using Postoffice.Store.Control;

namespace Postoffice.Store.Tests.Control;

/// <summary>Who gets in when the control socket is crowded.</summary>
public sealed class ControlPlacesTests
{
    private const uint Root = 0, Operator = 700, Stranger = 800;
    private readonly ControlPlaces places = new();

    [Fact]
    public void One_user_has_so_many_and_gets_another_for_one_he_gives_back()
    {
        Assert.Equal(ControlPlaces.OfUser, Take(Stranger, 20));
        places.Give(Stranger);
        Assert.Equal(1, Take(Stranger, 20));
    }

    [Fact]
    public void A_crowd_of_users_does_not_keep_root_and_the_operators_out()
    {
        for (uint user = 1000; user < 1020; user++) Take(user, ControlPlaces.OfUser);
        Assert.Equal(0, Take(Stranger, 1));
        Assert.Equal(ControlPlaces.OfUser, Take(Root, 20));
        Assert.Equal(ControlPlaces.OfUser, Take(Operator, 20));
        Assert.Equal(0, Take(Stranger, 1));
        places.Give(1000);
        Assert.Equal(0, Take(Stranger, 1)); // those on top are above the line still
    }

    [Fact]
    public void While_there_is_room_nobody_looks_up_who_it_is()
    {
        Assert.True(places.TryTake(Stranger, () => throw new InvalidOperationException("asked")));
        Take(Stranger, ControlPlaces.OfUser);
        Assert.False(places.TryTake(Stranger, () => throw new InvalidOperationException("asked")));
    }

    private int Take(uint uid, int times) => Enumerable.Range(0, times).Count(_ => places.TryTake(uid, () => uid is Root or Operator));
}
