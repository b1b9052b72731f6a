"""Numbers that are given out one by one, from a counter of the client."""

from reship.orders.models import NumberCounter


def locked_counter(client_id: int) -> NumberCounter:
    """The client's counter, locked before anything else of its client: two that want a number never race for it."""
    locked = NumberCounter.objects.select_for_update(no_key=True)
    counter = locked.first()
    if counter is not None:
        return counter
    # The first number of all: an upsert, because an empty result locks nothing.
    NumberCounter.objects.bulk_create(
        [NumberCounter(client_id=client_id)],
        update_conflicts=True,
        unique_fields=["client"],
        update_fields=["client"],
    )
    return locked.get()


def counter_on_paper(client_id: int) -> NumberCounter:
    """The client's counter as it stands, for a rehearsal: not locked, and not to be saved."""
    return NumberCounter.objects.first() or NumberCounter(client_id=client_id)
