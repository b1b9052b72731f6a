"""Work that began before anybody listened hears of it."""

from reship.clients.models import Client
from tests.webhooks.listening import events_to_send, listen
from tests.world import World


def test_a_client_that_was_read_before_the_first_endpoint_was_made_hears_of_it(world: World) -> None:
    kept = Client.objects.get(pk=world.acme.pk)
    listen(world)
    world.place("1042", client=kept, actor=world.dana, MUG=1)
    assert events_to_send() == 0
    kept.hear_of_listeners()
    world.place("1043", client=kept, actor=world.dana, MUG=1)
    assert events_to_send() == 1
