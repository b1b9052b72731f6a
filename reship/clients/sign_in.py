"""Who may come in: e-mail and password, and how often somebody may guess."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta

from django.contrib.auth import authenticate
from django.core.cache import cache

from reship.clients.models import User
from reship.errors import Refusal

WINDOW = timedelta(minutes=15)
MOST_FAILURES_FROM_ONE_PLACE = 10
MOST_FAILURES_OF_ONE_EMAIL = 50


def sign_in(email: str, password: str, *, address: str) -> User:
    """The person with this e-mail and password; `address` is the network address they come from.

    Refuses `wrong_credentials`, in the same words whether the e-mail is known or not, and `too_many_attempts` after 10
    failures of an e-mail from one address, or 50 from anywhere, within 15 minutes.
    """
    email = email.strip().lower()
    claimed = _claim(email, address)
    user = authenticate(username=email, password=password)
    if user is None:
        raise Refusal("wrong_credentials", "The e-mail or the password is wrong.")
    assert isinstance(user, User)
    cache.delete_many(claimed)
    return user


def _claim(email: str, address: str) -> list[str]:
    """Takes a place among the failures before the password is looked at, so that many guesses at once count too."""
    claimed: list[str] = []
    for of, most in ((f"{email} {address}", MOST_FAILURES_FROM_ONE_PLACE), (email, MOST_FAILURES_OF_ONE_EMAIL)):
        name = hashlib.sha256(of.encode(errors="replace")).hexdigest()
        place = _free_place([f"sign-in:{name}:{number}" for number in range(most)])
        if place is None:
            cache.delete_many(claimed)
            minutes = int(WINDOW.total_seconds()) // 60
            raise Refusal(
                "too_many_attempts",
                f"Too many failed attempts. Try again in {minutes} minutes, or ask for a new invitation.",
                minutes=minutes,
            )
        claimed.append(place)
    return claimed


def _free_place(places: Sequence[str]) -> str | None:
    """Adding is atomic, counting up would not be: each place is taken once until its time is over."""
    taken = cache.get_many(places)
    free = (place for place in places if place not in taken)
    return next((place for place in free if cache.add(place, 1, WINDOW.total_seconds())), None)
