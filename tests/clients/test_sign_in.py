"""Guessing passwords, many at once."""

from collections import Counter
from functools import partial

from reship.clients.models import User
from reship.clients.sign_in import sign_in
from reship.errors import Refusal
from tests.databases import RealDatabase
from tests.parallel import in_threads
from tests.world import make_world


def test_guesses_at_the_same_instant_are_all_counted(real_database: RealDatabase) -> None:
    make_world()
    guesses = [partial(sign_in, "dana@acme.example", f"guess {n}", address="192.0.2.1") for n in range(16)]
    outcomes = in_threads(guesses)
    codes = Counter(outcome.code for outcome in outcomes if isinstance(outcome, Refusal))
    assert codes == {"wrong_credentials": 10, "too_many_attempts": 6}


def test_the_right_password_at_the_same_instant_from_many_windows(real_database: RealDatabase) -> None:
    world = make_world()
    dana = world.user_of(world.dana)
    dana.set_password("four unrelated words here")
    dana.save()
    comings = [partial(sign_in, dana.email, "four unrelated words here", address="192.0.2.1") for _ in range(8)]
    assert in_threads(comings) == [User.objects.get(pk=dana.pk)] * 8
