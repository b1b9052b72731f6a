"""Where a parcel is by all that was said of it: the same for each order of the same things."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reship.fulfilment.tracking import Said, TrackingStatus, Whereabouts, is_further, whereabouts
from reship.orders.models import ShipmentStatus
from tests.world import NINE

T, S = TrackingStatus, ShipmentStatus
NOW = NINE + timedelta(hours=100)
WAY = (S.PACKED, S.DEPARTED, S.LOST, S.DELIVERED, S.RETURNED)


def at(hours: int, status: TrackingStatus) -> Said:
    return Said(status, NINE + timedelta(hours=hours))


def where(*said: Said) -> Whereabouts | None:
    return whereabouts(said, opened_at=NINE, now=NOW)


said = st.builds(at, st.integers(min_value=-10, max_value=140), st.sampled_from(TrackingStatus))


@given(st.lists(said, max_size=8).flatmap(lambda those: st.tuples(st.just(those), st.permutations([*those, *those]))))
def test_neither_order_nor_repetition_matters(both: tuple[list[Said], list[Said]]) -> None:
    those, shuffled = both
    assert where(*those) == where(*shuffled)


@given(st.lists(said, max_size=6), said)
def test_one_thing_more_never_takes_a_parcel_back(those: list[Said], one_more: Said) -> None:
    before, after = where(*those), where(*those, one_more)
    if before is not None:
        assert after is not None
        assert not is_further(before.status, after.status)


@pytest.mark.parametrize(
    ("those", "status"),
    [
        ([at(1, T.ANNOUNCED), at(2, T.EXCEPTION)], None),
        ([at(1, T.IN_TRANSIT)], S.DEPARTED),
        ([at(1, T.TO_COLLECT), at(2, T.EXCEPTION)], S.DEPARTED),
        ([at(3, T.LOST), at(5, T.OUT_FOR_DELIVERY)], S.LOST),
        ([at(3, T.LOST), at(5, T.DELIVERED)], S.DELIVERED),
        ([at(3, T.DELIVERED), at(5, T.LOST)], S.DELIVERED),
        ([at(3, T.RETURNING), at(5, T.DELIVERED)], S.RETURNED),
        ([at(3, T.DELIVERED), at(5, T.RETURNING)], S.DELIVERED),
        ([at(3, T.DELIVERED), at(5, T.RETURNED)], S.RETURNED),
        ([at(-1, T.DELIVERED)], None),
        ([at(125, T.DELIVERED), at(123, T.IN_TRANSIT)], S.DEPARTED),
    ],
)
def test_the_furthest_that_counts_wins(those: list[Said], status: ShipmentStatus | None) -> None:
    found = where(*those)
    assert (found and found.status) == status


def test_it_says_since_when_and_when_the_parcel_was_first_seen() -> None:
    found = where(at(9, T.DELIVERED), at(3, T.IN_TRANSIT), at(7, T.DELIVERED), at(1, T.ANNOUNCED))
    assert found == Whereabouts(S.DELIVERED, at=NINE + timedelta(hours=7), seen_at=NINE + timedelta(hours=3))


@pytest.mark.parametrize("status", WAY)
def test_a_parcel_only_goes_on(status: ShipmentStatus) -> None:
    further = [other for other in WAY[1:] if is_further(other, status)]
    assert further == list(WAY[max(WAY.index(status) + 1, 1) :])
