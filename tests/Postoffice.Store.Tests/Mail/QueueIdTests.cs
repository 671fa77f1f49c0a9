using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Postoffice.Store.Mail;
using Postoffice.Testing;

namespace Postoffice.Store.Tests.Mail;

public sealed class QueueIdTests
{
    [Fact]
    public void The_least_id_of_an_instant_stands_before_all_that_are_made_then_and_behind_all_earlier_ones() =>
        Gen.Int[0, 1_000_000_000].Sample(milliseconds =>
        {
            var now = Cast.Noon.AddMilliseconds(milliseconds);
            var made = new QueueIdSource(new FakeTimeProvider(now)).Next();

            Assert.True(QueueIdSource.LeastOf(now) <= made);
            Assert.True(made < QueueIdSource.LeastOf(now.AddMilliseconds(1)));
        });

    [Fact]
    public void An_instant_before_all_ids_has_the_first_of_them() =>
        Assert.Equal(new QueueId(0), QueueIdSource.LeastOf(DateTimeOffset.MinValue));
}
