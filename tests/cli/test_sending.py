"""What a worker does for webhooks: sends what is due, and goes on when the database is back."""

import threading
from datetime import datetime, timedelta

import pytest
from django.db import OperationalError
from django.test import override_settings
from django.utils import timezone
from django_scopes import scope

from reship.cli import sending
from reship.webhooks.models import WebhookDelivery
from reship.webhooks.queries import KEPT, delete_old_deliveries
from reship.webhooks.work import Sender
from tests.databases import RealDatabase
from tests.webhooks.listening import listen, receiver, told
from tests.world import make_world


def test_what_is_due_is_sent_also_after_the_database_was_away(
    real_database: RealDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "POLL_SECONDS", 0.01)
    world = make_world()
    failures = [OperationalError("away"), OperationalError("away")]
    work_once = Sender.work_once

    def fails_first(sender: Sender) -> bool:
        if failures:
            raise failures.pop()
        return work_once(sender)

    monkeypatch.setattr(Sender, "work_once", fails_first)
    with receiver() as there, override_settings(OUTGOING_ALLOWED=["127.0.0.1/32"]):
        there.secret = listen(world, there.url, types=("order.placed", "order.reshipped")).secret
        world.acme.refresh_from_db()
        world.place("1042", MUG=2)
        world.reship("1042", MUG=1)
        sending.send_until(threading.Event(), or_nothing_is_due=True)
    assert there.texts() == ["1042 order.placed", "1042 order.reshipped"]


def test_whoever_is_told_to_end_ends_and_not_before_and_the_old_log_is_gone(
    real_database: RealDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "LONGEST_PAUSE_SECONDS", 0.01)
    world = make_world()
    listen(world, types=("order.placed",))
    world.acme.refresh_from_db()
    world.place("1042", MUG=1)
    ended = threading.Event()
    sending.send_until(ended, or_nothing_is_due=True)
    assert told() == ["1042 order.placed PENDING"]
    with scope(client=world.acme):
        WebhookDelivery.objects.update(made_at=timezone.now() - KEPT - timedelta(minutes=1))
    failures = [ValueError("nobody foresaw it")]

    def fails_first(*, before: datetime) -> int:
        if failures:
            raise failures.pop()
        return delete_old_deliveries(before=before)

    monkeypatch.setattr(sending, "delete_old_deliveries", fails_first)
    thread = sending.start_sending(ended)
    while thread.is_alive() and told():
        thread.join(0.01)
    assert told() == []
    ended.set()
    thread.join(10)
    assert not thread.is_alive()
