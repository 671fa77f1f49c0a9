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
    private readonly DestinationSlots slots = new(() => new SlotLimits(Each: 1, Together: 10, WaitingEach: 2, WaitingTogether: 10));
    private readonly CrowdedOut crowded;

    public CrowdedOutTests()
    {
        crowded = new CrowdedOut(clock);
        Assert.Equal(
            [Admission.Started, Admission.Waiting, Admission.Waiting, Admission.Overflow],
            Enumerable.Range(0, 4).Select(_ => slots.Enter(Host, () => { })));
        crowded.Remember(Id, slots, Host);
    }

    [Fact]
    public void A_message_is_not_loaded_again_while_its_destination_has_no_place() => Assert.True(crowded.Contains(Id));

    [Fact]
    public void It_is_loaded_again_when_a_place_is_free()
    {
        slots.Leave(Host);

        Assert.False(crowded.Contains(Id));
    }

    [Fact]
    public void Asking_counts_as_an_overflow_so_that_the_next_free_places_are_told()
    {
        slots.Leave(Host);
        Assert.True(slots.TakeRoomAfterOverflow());
        Assert.False(slots.TakeRoomAfterOverflow());
        slots.Enter(Host, () => { });

        Assert.True(crowded.Contains(Id));
        slots.Leave(Host);

        Assert.True(slots.TakeRoomAfterOverflow());
    }

    [Fact]
    public void It_is_loaded_again_after_ten_minutes_since_age_may_decide()
    {
        clock.Advance(TimeSpan.FromMinutes(10));

        Assert.False(crowded.Contains(Id));
    }
}
