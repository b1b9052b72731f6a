"""How often somebody may guess: places for failures, each taken before the guess is looked at, and free again later."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta

from django.core.cache import cache

from reship.errors import Refusal

WINDOW = timedelta(minutes=15)


def claim(*limits: tuple[str, int], advice: str) -> list[str]:
    """Takes a place among the failures of each limit, a name and how many failures it allows in 15 minutes.

    Before the guess is looked at, so that many guesses at once count too. Whoever guessed right gives the places back.
    Refuses `too_many_attempts`; `advice` says what else can be done.
    """
    claimed: list[str] = []
    for of, most in limits:
        name = hashlib.sha256(of.encode(errors="replace")).hexdigest()
        place = _free_place([f"attempt:{name}:{number}" for number in range(most)])
        if place is None:
            give_back(claimed)
            minutes = int(WINDOW.total_seconds()) // 60
            raise Refusal(
                "too_many_attempts",
                f"Too many failed attempts. Try again in {minutes} minutes, or {advice}.",
                minutes=minutes,
            )
        claimed.append(place)
    return claimed


def give_back(claimed: Sequence[str]) -> None:
    cache.delete_many(claimed)


def _free_place(places: Sequence[str]) -> str | None:
    """Adding is atomic, counting up would not be: each place is taken once until its time is over."""
    taken = cache.get_many(places)
    free = (place for place in places if place not in taken)
    return next((place for place in free if cache.add(place, 1, WINDOW.total_seconds())), None)
