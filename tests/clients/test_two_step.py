"""Codes of a phone and recovery codes: each is taken once."""

from datetime import datetime, timedelta
from functools import partial

import pyotp
import pytest
from django.conf import settings
from django.test import override_settings

from reship.clients import two_step
from reship.clients.access import Actor
from reship.clients.account_log import find_events, wording
from reship.clients.models import RecoveryCode, SecondStep, User
from reship.errors import Refusal
from tests.databases import RealDatabase
from tests.parallel import in_threads
from tests.world import NINE, World, make_world, refused

HERE = "192.0.2.1"
HALF_MINUTE = timedelta(seconds=30)


def set_up(user: User) -> tuple[pyotp.TOTP, list[str]]:
    """The person's phone, and the recovery codes."""
    two_step.begin(user)
    phone = pyotp.TOTP(two_step.waiting_secret(user))
    return phone, two_step.turn_on(user, phone.at(NINE), at=NINE, address=HERE)


def passes(user: User, code: str, at: datetime) -> bool:
    try:
        two_step.check_second_step(user, code, at=at, address=HERE)
    except Refusal as refusal:
        return {"wrong_code": False}[refusal.code]
    return True


@pytest.fixture
def dana(world: World) -> User:
    return world.user_of(world.dana)


def test_a_code_is_taken_once_and_none_before_it(dana: User) -> None:
    phone, _ = set_up(dana)
    now = NINE + 2 * HALF_MINUTE
    assert not passes(dana, phone.at(NINE), NINE)
    assert passes(dana, phone.at(now), now)
    assert not passes(dana, phone.at(now), now)
    assert not passes(dana, phone.at(now - HALF_MINUTE), now)
    assert passes(dana, phone.at(now + HALF_MINUTE), now + HALF_MINUTE)


@pytest.mark.parametrize(("off", "taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_half_a_minute_off(dana: User, off: int, taken: bool) -> None:
    phone, _ = set_up(dana)
    now = NINE + 10 * HALF_MINUTE
    assert passes(dana, phone.at(now + off * HALF_MINUTE), now) is taken


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "１２３４５６", "\x00", "1" * 10_000, "------"])
def test_what_is_no_code_is_wrong(dana: User, code: str) -> None:
    set_up(dana)
    assert not passes(dana, code, NINE + 10 * HALF_MINUTE)


def test_a_recovery_code_lets_in_once_however_it_is_typed(dana: User) -> None:
    _, codes = set_up(dana)
    assert (len(set(codes)), two_step.recovery_codes_left(dana)) == (10, 10)
    assert passes(dana, f" {codes[0].lower().replace('-', ' ')} ", NINE)
    assert not passes(dana, codes[0], NINE)
    assert two_step.recovery_codes_left(dana) == 9
    told = find_events(client_ids=None, person=dana, limit=9).rows
    assert [wording(event) for event in told] == [
        "signed in with a recovery code (9 left)",
        "turned two-step sign-in on",
    ]


def test_a_recovery_code_is_of_one_person(world: World, dana: User) -> None:
    _, codes = set_up(dana)
    mara = world.user_of(world.mara)
    set_up(mara)
    assert not passes(mara, codes[0], NINE)


def test_neither_secret_nor_recovery_codes_can_be_read_in_the_database(dana: User) -> None:
    phone, codes = set_up(dana)
    stored = [
        *SecondStep.objects.values_list("secret", flat=True),
        *RecoveryCode.objects.values_list("digest", flat=True),
    ]
    assert len(stored) == 11
    assert not {phone.secret, *codes} & set(stored)


def test_with_another_secret_key_recovery_codes_still_work(dana: User) -> None:
    phone, codes = set_up(dana)
    now = NINE + 10 * HALF_MINUTE
    with override_settings(SECRET_KEY="another one"):
        assert not passes(dana, phone.at(now), now)
        assert passes(dana, codes[0], now)
    with override_settings(SECRET_KEY="a new one", SECRET_KEY_FALLBACKS=[settings.SECRET_KEY]):
        assert passes(dana, phone.at(now), now)


def test_new_recovery_codes_replace_the_old(dana: User) -> None:
    phone, old = set_up(dana)
    later = NINE + 10 * HALF_MINUTE
    new = two_step.renew_recovery_codes(dana, phone.at(later), at=later, address=HERE)
    assert not passes(dana, old[0], later)
    assert passes(dana, new[0], later)


def test_ten_wrong_codes_stop_even_the_right_one(dana: User) -> None:
    phone, _ = set_up(dana)
    now = NINE + 10 * HALF_MINUTE
    for _ in range(10):
        assert not passes(dana, "000000", now)
    with refused("too_many_attempts", minutes=15):
        two_step.check_second_step(dana, phone.at(now), at=now, address=HERE)


def test_what_is_not_on_cannot_be_used_and_what_is_on_not_begun(world: World, dana: User) -> None:
    with refused("two_step_is_off"):
        two_step.turn_off(dana, at=NINE, address=HERE)
    with refused("two_step_is_off"):
        two_step.turn_on(dana, "123456", at=NINE, address=HERE)
    set_up(dana)
    with refused("two_step_is_on"):
        two_step.begin(dana)
    two_step.turn_off(dana, at=NINE, address=HERE)
    assert not two_step.is_on(dana)
    assert RecoveryCode.objects.count() == 0


@pytest.mark.parametrize(("whose", "is_required"), [("nobody", False), ("company", True), ("everybody", True)])
def test_where_it_is_required_it_cannot_be_turned_off(world: World, whose: str, is_required: bool) -> None:
    otto = world.user_of(world.otto)
    set_up(otto)
    with override_settings(TWO_STEP_REQUIRED_OF=whose):
        if is_required:
            with refused("two_step_is_required"):
                two_step.turn_off(otto, at=NINE, address=HERE)
        else:
            two_step.turn_off(otto, at=NINE, address=HERE)
    assert two_step.is_on(otto) is is_required


@pytest.mark.parametrize(
    ("by", "whose", "code"),
    [
        ("ada", "dana", ""),
        ("otto", "dana", ""),
        ("ada", "otto", ""),
        ("otto", "pim", "not_allowed"),
        ("mara", "dana", "not_allowed"),
        ("pim", "dana", "not_allowed"),
    ],
)
def test_who_may_reset_whose_second_step(world: World, by: str, whose: str, code: str) -> None:
    user = world.user_of(getattr(world, whose))
    set_up(user)
    actor: Actor = getattr(world, by)
    reset = partial(two_step.reset_two_step, user, actor=actor, at=NINE, address=HERE)
    if code:
        with pytest.raises(Refusal, match=code):
            reset()
    else:
        reset()
    assert two_step.is_on(user) is bool(code)


def test_of_many_who_use_one_code_at_once_one_passes(real_database: RealDatabase) -> None:
    world = make_world()
    dana = world.user_of(world.dana)
    phone, codes = set_up(dana)
    later = NINE + 10 * HALF_MINUTE
    for code in (phone.at(later), codes[0]):
        outcomes = in_threads([partial(passes, dana, code, later)] * 5)
        assert outcomes.count(True) == 1
        assert outcomes.count(False) == 4
