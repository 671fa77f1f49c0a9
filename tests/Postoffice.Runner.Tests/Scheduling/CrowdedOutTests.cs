using Microsoft.Extensions.Time.Testing;
using Postoffice.Runner.Scheduling;
using Postoffice.Store.Events;
using Postoffice.Store.Mail;

namespace Postoffice.Runner.Tests.Scheduling;

public sealed class CrowdedOutTests
{
    private static readonly Destination Host = new(Transport.Smtp, "mx.remote.test:25");
    private static readonly QueueId Id = QueueId.Parse("0123456789AB");
    private readonly FakeTimeProvider clock = new();
    private readonly DestinationSlots slots;
    private readonly CrowdedOut crowded;

    public CrowdedOutTests()
    {
        slots = new DestinationSlots(() => new SlotLimits(First: 1, Each: 1, Together: 10, WaitingEach: 2, WaitingTogether: 10), _ => TimeSpan.Zero, clock);
        crowded = new CrowdedOut(clock);
        Assert.Equal(
            [Admission.Started, Admission.Waiting, Admission.Waiting, Admission.Overflow],
            Enumerable.Range(0, 4).Select(_ => slots.Enter(Host, () => { }, () => { })));
        crowded.Remember(Id, slots, Host);
    }

    [Fact]
    public void A_message_is_not_loaded_again_while_its_destination_has_no_place() => Assert.True(crowded.Contains(Id));

    [Fact]
    public void It_is_loaded_again_when_a_place_is_free()
    {
        slots.Leave(Host, Experience.Good);

        Assert.False(crowded.Contains(Id));
    }

    [Fact]
    public void Asking_is_asking_to_be_told_of_room()
    {
        var told = 0;
        slots.RoomFor = _ => told++;
        Assert.True(crowded.Contains(Id));
        Assert.Equal(0, told);

        slots.Leave(Host, Experience.Good);
        slots.Leave(Host, Experience.Good);

        Assert.Equal(1, told);
    }

    [Fact]
    public void It_is_loaded_again_after_ten_minutes_since_age_may_decide()
    {
        clock.Advance(TimeSpan.FromMinutes(10));

        Assert.False(crowded.Contains(Id));
    }
}
