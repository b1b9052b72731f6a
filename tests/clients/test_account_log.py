"""The log of people and settings."""

import pytest
from django.db import DatabaseError, transaction

from reship.clients.account_log import What, log, wording
from reship.clients.models import AccountEvent
from tests.world import NINE, World


@pytest.mark.parametrize("what", What)
def test_everything_that_is_logged_has_words(world: World, what: What) -> None:
    event = log(
        what,
        actor=world.ada,
        at=NINE,
        address="x" * 100,
        client=world.acme,
        person=world.user_of(world.dana),
        role="agent",
        left=9,
        ended=2,
        code="{code}",
        warehouse="{0}",
        prefix="rsk_0123456789",
        scopes="read, orders",
        successor="rsk_9876543210",
        shop="Mugs & more",
        shop_address="mugs.myshopify.com",
        url="https://hooks.example/",
        types="all",
        why="gone",
        hours=24,
    )
    assert wording(AccountEvent.objects.get(pk=event.pk))


def test_a_line_of_the_log_is_never_changed_or_deleted(world: World) -> None:
    log(What.CLIENT_MADE, actor=world.ada, at=NINE, address="", client=world.acme)
    for deed in (lambda: AccountEvent.objects.update(actor="Nobody"), lambda: AccountEvent.objects.all().delete()):
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
            deed()
    assert AccountEvent.objects.get().actor == "Ada"
