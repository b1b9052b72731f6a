"""An invitation that is accepted twice at the same instant."""

from functools import partial

from reship.clients.invitations import accept_invitation, invitation_path
from reship.clients.models import User
from reship.errors import Refusal
from tests.databases import RealDatabase
from tests.parallel import in_threads
from tests.world import NINE, make_world


def test_of_many_who_accept_at_once_one_succeeds(real_database: RealDatabase) -> None:
    world = make_world()
    dana = world.user_of(world.dana)
    uid, token = invitation_path(dana).split("/")[2:4]
    passwords = [f"four unrelated words {n}" for n in range(8)]
    outcomes = in_threads(
        [partial(accept_invitation, uid, token, password=password, at=NINE) for password in passwords]
    )
    accepted = [password for password, outcome in zip(passwords, outcomes, strict=True) if isinstance(outcome, User)]
    assert len(accepted) == 1
    assert {outcome.code for outcome in outcomes if isinstance(outcome, Refusal)} == {"invitation_not_valid"}
    dana.refresh_from_db()
    assert dana.check_password(accepted[0])
