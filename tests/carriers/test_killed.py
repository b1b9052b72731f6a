"""A process that is killed between the sale of a label and our row: the label is neither lost nor paid twice."""

from functools import partial

from django.test import override_settings

from reship.carriers.labels import LabelRequest, buy_label
from reship.inventory.audit import audit
from reship.orders.models import ShipmentStatus
from tests.carriers.easypost_server import simulated_easypost
from tests.concurrency.children import Child
from tests.databases import RealDatabase
from tests.world import make_world


def test_a_label_that_was_sold_to_a_killed_process_is_found(real_database: RealDatabase) -> None:
    world = make_world()
    world.place("1042", MUG=2)
    world.ship("1042-1", until=ShipmentStatus.PICKING)
    request = LabelRequest("1042-1", "easypost", by_hand=True)
    buy = partial(buy_label, request, client=world.acme, actor=world.otto, at=world.later())
    with (
        simulated_easypost() as there,
        override_settings(EASYPOST_KEY="a key", EASYPOST_URL=f"{there.url}/v2"),
    ):
        victim = Child(buy)
        there.after_sale = victim.kill
        assert victim.answer() is None
        assert there.sold == ["shp_1"]
        assert world.shipment("1042-1").shipment.tracking_number == ""
        there.after_sale = lambda: None
        label = buy()
    assert (label.state, label.reference, label.tracking_number) == ("BOUGHT", "1042-1-L1", "EZ0000000001")
    assert there.sold == ["shp_1"]
    assert audit() == []
