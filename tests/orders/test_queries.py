"""Finding orders, as every door asks for it. What each filter finds is tested at the door: tests/web/test_orders.py."""

import pytest
from django_scopes import get_scope

from reship.database.keyset import Cursor
from reship.orders.queries import OrderFilter, OrderPage, OrderSort, count_orders, find_orders, matching_orders
from tests.world import World, refused


@pytest.fixture
def orders(world: World) -> World:
    for number in ("1", "2", "3"):
        world.place(number, MUG=1)
    world.place("4", client=world.other, MUG=1)
    return world


def numbers(page: OrderPage) -> list[str]:
    return [row.order.number for row in page.rows]


def test_only_orders_of_the_clients_that_are_named_are_found(orders: World) -> None:
    acme, other = orders.acme.pk, orders.other.pk
    asked = {"acme": [acme], "other": [other], "both": [acme, other], "nobody": [], "unknown": [other + 1], "all": None}
    found = {who: numbers(find_orders(OrderFilter(), client_ids=ids, limit=9)) for who, ids in asked.items()}
    everything = ["4", "3", "2", "1"]
    assert found == {
        "acme": ["3", "2", "1"],
        "other": ["4"],
        "both": everything,
        "nobody": [],
        "unknown": [],
        "all": everything,
    }


def test_a_search_of_one_client_never_leads_to_anothers_order(orders: World) -> None:
    for search in ("4", "4-1", "MUG", "Jane"):
        page = find_orders(OrderFilter(search=search), client_ids=[orders.acme.pk], limit=9)
        assert "4" not in numbers(page)


def test_it_leaves_the_scope_as_it_was(orders: World) -> None:
    find_orders(OrderFilter(), client_ids=None, limit=9)
    find_orders(OrderFilter(), client_ids=[orders.acme.pk], limit=9)
    assert get_scope().get("_enabled", True)
    assert "client" not in get_scope()


def test_pages_lead_forth_and_back(orders: World) -> None:
    wanted = OrderFilter(sort=OrderSort.OLDEST)
    first = find_orders(wanted, client_ids=None, limit=3)
    second = find_orders(wanted, client_ids=None, limit=3, after=first.next)
    back = find_orders(wanted, client_ids=None, limit=3, after=second.previous)
    assert (numbers(first), numbers(second), numbers(back)) == (["1", "2", "3"], ["4"], ["1", "2", "3"])
    assert (first.previous, second.next, back.previous) == (None, None, None)


def test_a_place_in_a_list_survives_being_written_down(orders: World) -> None:
    place = find_orders(OrderFilter(), client_ids=None, limit=1).next
    assert place is not None
    assert Cursor.from_text(place.as_text()) == place


def test_a_place_in_a_list_that_is_sorted_otherwise_is_refused(orders: World) -> None:
    place = find_orders(OrderFilter(), client_ids=None, limit=1).next
    with refused("invalid_cursor"):
        find_orders(OrderFilter(sort=OrderSort.NUMBER), client_ids=None, limit=1, after=place)


def test_what_cannot_be_stored_cannot_be_looked_for(world: World) -> None:
    with refused("invalid_text", field="search", character="U+0000"):
        find_orders(OrderFilter(search="a\x00b"), client_ids=None, limit=1)


def test_all_that_match_are_those_of_one_client(orders: World) -> None:
    found = matching_orders(OrderFilter(search="MUG"), orders.acme.pk)
    assert sorted(found.values_list("number", flat=True)) == ["1", "2", "3"]
    assert list(matching_orders(OrderFilter(search="4"), orders.acme.pk)) == []


def test_a_count_ends_one_beyond_its_limit(orders: World) -> None:
    everybody, acme = None, [orders.acme.pk]
    wanted = OrderFilter(search="Jane")
    assert [count_orders(wanted, client_ids=ids) for ids in (everybody, acme, [])] == [4, 3, 0]
    assert count_orders(wanted, client_ids=everybody, limit=2) == 3
