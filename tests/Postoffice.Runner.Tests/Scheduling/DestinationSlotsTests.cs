using Microsoft.Extensions.Time.Testing;
using Postoffice.Runner.Scheduling;
using Postoffice.Store.Events;

namespace Postoffice.Runner.Tests.Scheduling;

public sealed class DestinationSlotsTests
{
    private static readonly Destination One = new(Transport.Smtp, "one.test");
    private readonly FakeTimeProvider clock = new();
    private readonly List<Destination> told = [];
    private TimeSpan spacing = TimeSpan.Zero;

    [Fact]
    public void Each_success_makes_room_for_one_more_and_trouble_halves_it()
    {
        var slots = Slots(first: 2, each: 5, together: 100);
        Assert.Equal(2, Fill(slots, One));

        slots.Leave(One, Experience.Good);
        Assert.Equal(2, Fill(slots, One)); // the place given back, and one more

        for (var i = 0; i < 3; i++) slots.Leave(One, Experience.Good);
        Assert.Equal(5, Fill(slots, One)); // and no more than five, whatever succeeds

        slots.Leave(One, Experience.Trouble);
        slots.Leave(One, Experience.Trouble);
        slots.Leave(One, Experience.Trouble);
        Assert.Equal(0, Fill(slots, One)); // two are under way, one may be
        slots.Leave(One, Experience.None);
        slots.Leave(One, Experience.None);
        Assert.Equal(1, Fill(slots, One));
    }

    [Fact]
    public void Whoever_waits_starts_as_soon_as_there_is_a_place_and_not_with_the_next_success()
    {
        var slots = Slots(first: 1, each: 5, together: 10, waitingEach: 5);
        var started = 0;
        for (var i = 0; i < 4; i++) slots.Enter(One, () => started++, Nothing);
        Assert.Equal(1, started);

        slots.Leave(One, Experience.Good);

        Assert.Equal(3, started); // the place given back, and one more
    }

    [Fact]
    public void However_many_are_sick_there_is_a_place_for_the_next_one()
    {
        var slots = Slots(first: 5, each: 20, together: 400);
        var slow = Enumerable.Range(0, 60).Select(i => new Destination(Transport.Smtp, $"slow{i}.test")).ToList();
        for (var round = 0; round < 30; round++) // each would have twenty by now, if it could
        {
            foreach (var destination in slow)
            {
                if (round > 0) slots.Leave(destination, Experience.Good);
                Fill(slots, destination);
            }
        }
        Assert.True(slots.Loads().Sum(load => load.Running) < 400);

        Assert.InRange(Fill(slots, One), 1, 5);
    }

    [Fact]
    public void None_waits_with_more_than_it_leaves_free_for_the_others()
    {
        var slots = Slots(first: 1, each: 1, together: 1, waitingEach: 100, waitingTogether: 60);
        Fill(slots, new Destination(Transport.Smtp, "busy.test"));
        var waiting = Enumerable.Range(0, 10).Select(i => Wait(slots, new Destination(Transport.Smtp, $"host{i}.test"))).ToList();

        Assert.Equal(30, waiting[0]);
        Assert.All(waiting.Take(4), count => Assert.InRange(count, 1, 30));
    }

    [Fact]
    public void Nothing_starts_while_a_destination_is_paused()
    {
        var slots = Slots(first: 1, each: 1, together: 10, waitingEach: 2, waitingTogether: 100);
        int started = 0, turnedAway = 0;
        slots.Enter(One, () => started++, Nothing);
        slots.Enter(One, () => started++, () => turnedAway++);
        slots.Pause(One, TimeSpan.FromMinutes(1));
        slots.Leave(One, Experience.Trouble);

        Assert.Equal(Admission.Overflow, slots.Enter(One, () => started++, Nothing));
        Assert.False(slots.HasRoom(One));
        clock.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(1, turnedAway);

        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, started);
        Assert.True(slots.HasRoom(One));
    }

    [Fact]
    public void Who_asked_is_told_once_when_there_is_room()
    {
        var slots = Slots(first: 1, each: 1, together: 10, waitingEach: 2, waitingTogether: 100);
        for (var i = 0; i < 3; i++) slots.Enter(One, Nothing, Nothing);
        slots.AskForRoom(One);
        slots.AskForRoom(One);
        Assert.Empty(told);

        slots.Leave(One, Experience.None);
        slots.Leave(One, Experience.None);

        Assert.Equal([One], told);
    }

    [Fact]
    public void A_pause_that_ends_is_room_too()
    {
        var slots = Slots(first: 1, each: 1, together: 10);
        slots.Pause(One, TimeSpan.FromMinutes(1));
        slots.AskForRoom(One);
        Assert.Empty(told);

        clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal([One], told);
    }

    [Fact]
    public void A_pause_that_was_ended_early_does_not_end_the_next_one()
    {
        var slots = Slots(first: 1, each: 1, together: 10);
        slots.Pause(One, TimeSpan.FromMinutes(1));
        slots.Resume(One);
        slots.Pause(One, TimeSpan.FromMinutes(2));

        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.False(slots.HasRoom(One));
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.True(slots.HasRoom(One));
    }

    [Fact]
    public void Limits_that_shrink_while_one_is_on_its_way_turn_it_away_and_are_kept()
    {
        var limits = new SlotLimits(First: 1, Each: 1, Together: 10, WaitingEach: 3, WaitingTogether: 100);
        var slots = new DestinationSlots(() => limits, _ => spacing, clock) { RoomFor = told.Add };
        slots.Enter(One, Nothing, Nothing);
        for (var i = 0; i < 3; i++) Assert.True(slots.TryExpect(One));
        limits = limits with { WaitingEach = 1 };

        Assert.Equal([Admission.Waiting, Admission.Overflow, Admission.Overflow], [.. Enumerable.Range(0, 3).Select(_ => slots.Enter(One, Nothing, Nothing))]);
        for (var i = 0; i < 3; i++) slots.Arrived(One);

        Assert.False(slots.TryExpect(One));
        limits = limits with { WaitingEach = 2 };
        Assert.True(slots.TryExpect(One));
        Assert.False(slots.TryExpect(One));
    }

    [Fact]
    public void What_is_expected_takes_room_until_it_has_arrived()
    {
        var slots = Slots(first: 1, each: 1, together: 10, waitingEach: 1, waitingTogether: 100);
        Assert.True(slots.TryExpect(One));
        Assert.True(slots.TryExpect(One));
        Assert.False(slots.TryExpect(One));
        slots.AskForRoom(One);

        slots.Arrived(One);

        Assert.Equal([One], told);
        Assert.True(slots.TryExpect(One));
    }

    [Fact]
    public void What_was_learnt_is_forgotten_ten_minutes_after_the_last_mail()
    {
        var slots = Slots(first: 2, each: 5, together: 100);
        Fill(slots, One);
        slots.Leave(One, Experience.Trouble);
        slots.Leave(One, Experience.Trouble);
        clock.Advance(TimeSpan.FromMinutes(9));
        slots.Tidy();
        Assert.Equal(1, Assert.Single(slots.Loads()).Limit);

        clock.Advance(TimeSpan.FromMinutes(1));
        slots.Tidy();

        Assert.Empty(slots.Loads());
    }

    /// <summary>Starts as many as start at once.</summary>
    private static int Fill(DestinationSlots slots, Destination destination)
    {
        var started = 0;
        for (var last = -1; last != started;)
        {
            last = started;
            slots.Enter(destination, () => started++, Nothing);
        }
        return started;
    }

    private static int Wait(DestinationSlots slots, Destination destination)
    {
        var waiting = 0;
        while (slots.Enter(destination, Nothing, Nothing) is Admission.Waiting) waiting++;
        return waiting;
    }

    [Fact]
    public void Starts_are_spaced_by_the_rate_and_what_waits_meanwhile_goes_in_its_order()
    {
        spacing = TimeSpan.FromSeconds(2);
        var slots = Slots(first: 5, each: 5, together: 10, waitingEach: 5);
        List<int> started = [];
        for (var i = 0; i < 3; i++)
        {
            var number = i;
            slots.Enter(One, () => started.Add(number), Nothing);
        }
        Assert.Equal([0], started);

        clock.Advance(TimeSpan.FromMilliseconds(1_999));
        slots.Leave(One, Experience.Good);
        Assert.Equal([0], started);

        clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal([0, 1], started);
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal([0, 1, 2], started);
    }

    [Fact]
    public void Spacing_outlives_the_memory_of_a_destination_and_a_shorter_one_takes_hold()
    {
        spacing = TimeSpan.FromHours(1);
        var slots = Slots(first: 5, each: 5, together: 10, waitingEach: 5);
        var started = 0;
        slots.Enter(One, () => started++, Nothing);
        slots.Leave(One, Experience.Good);
        clock.Advance(TimeSpan.FromMinutes(20));
        slots.Tidy();
        slots.Enter(One, () => started++, Nothing);
        Assert.Equal(1, started);

        spacing = TimeSpan.FromMinutes(1);
        clock.Advance(TimeSpan.FromSeconds(30));

        Assert.Equal(2, started);
    }

    [Fact]
    public void At_the_end_whoever_waits_is_turned_away()
    {
        spacing = TimeSpan.FromHours(1);
        var slots = Slots(first: 5, each: 5, together: 10, waitingEach: 5);
        var turnedAway = 0;
        slots.Enter(One, Nothing, Nothing);
        slots.Enter(One, Nothing, () => turnedAway++);

        slots.TurnAllAway();

        Assert.Equal(1, turnedAway);
    }

    private DestinationSlots Slots(int first, int each, int together, int waitingEach = 0, int waitingTogether = 1_000) =>
        new(() => new SlotLimits(first, each, together, waitingEach, waitingTogether), _ => spacing, clock) { RoomFor = told.Add };

    private static void Nothing()
    {
    }
}
