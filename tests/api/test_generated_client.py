"""A client that a generator makes of docs/openapi.json reships, and reads why it was refused."""

import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from reship.clients.api_keys import NewKey, make_key
from reship.orders.models import ShipmentStatus
from tests.browsing import LivePortal, LiveWorld
from tests.concurrency.scene import an_order

PROJECT = Path(__file__).parent.parent.parent
PACKAGE = "generated_reship_client"


@pytest.fixture
def generated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder with the client's package; a warning of the generator is an error here."""
    (tmp_path / "config.json").write_text('{"post_hooks": []}')
    command = [
        *(str(Path(sys.executable).parent / "openapi-python-client"), "generate", "--fail-on-warning"),
        *("--path", str(PROJECT / "docs" / "openapi.json"), "--meta", "none"),
        *("--config", str(tmp_path / "config.json"), "--output-path", str(tmp_path / PACKAGE)),
    ]
    made = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert made.returncode == 0, made.stdout
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


@pytest.mark.sqlite  # It is about the document, which is the same on both.
def test_a_generated_client_reships_and_reads_a_refusal(
    generated: Path, live_portal: LivePortal, live_world: LiveWorld
) -> None:
    an_order(ShipmentStatus.DEPARTED)(live_world, ["GENERATED"])
    new = NewKey("generated", ("read", "orders"))
    key = make_key(new, client=live_world.acme, actor=live_world.mara, at=live_world.later(), address="").text
    package: Any = importlib.import_module(PACKAGE)
    models: Any = importlib.import_module(f"{PACKAGE}.models")
    create_reshipment: Any = importlib.import_module(f"{PACKAGE}.api.reshipments.create_reshipment")
    get_order: Any = importlib.import_module(f"{PACKAGE}.api.orders.get_order")

    with package.AuthenticatedClient(base_url=live_portal.url, token=key) as client:
        refused = create_reshipment.sync(
            "GENERATED",
            client=client,
            body=models.ReshipAsked(items=[models.ReshipItemAsked("TEA-GENERATED", 3)], reason="lost"),
        )
        made = create_reshipment.sync(
            "GENERATED", client=client, body=models.ReshipAsked(reason="lost"), idempotency_key="generated-1"
        )
        order = get_order.sync("GENERATED", client=client)

    assert isinstance(refused, models.Problem)
    assert (refused.status, refused.code) == (422, "more_than_shipped")
    assert refused.figures.to_dict() == {"shipment": "GENERATED-1", "sku": "TEA-GENERATED", "shipped": 2, "asked": 3}
    assert refused.errors[0].pointer == "/items/0/quantity"
    assert isinstance(made, models.ReshipTold)
    assert (made.reshipment.number, made.reshipment.items[0].quantity) == ("GENERATED-R1", 2)
    assert [shipment.number for shipment in order.shipments] == ["GENERATED-1", "GENERATED-R1"]
