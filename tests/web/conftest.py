"""Visitors of the portal, without a browser."""

from collections.abc import Callable

import pytest
from django.test import Client as Visitor

from reship.clients.access import Actor
from tests.world import World


@pytest.fixture
def visit_as(world: World) -> Callable[[Actor], Visitor]:
    """`visit_as(world.dana)` is Dana's browser; what a view raises is answered as it would be to her."""

    def visit(actor: Actor) -> Visitor:
        visitor = Visitor(raise_request_exception=False)
        visitor.force_login(world.user_of(actor))
        return visitor

    return visit
