"""Files to import, and importing them."""

import gzip
import lzma
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from reship.clients.access import Actor
from reship.errors import Refusal
from reship.imports.account import Account
from reship.imports.import_orders import import_orders
from reship.imports.source import ImportRequest

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
IMPORTER = Actor.program("command line")

RESHIP_HEADER = "order_number,placed_at,customer_name,sku,quantity,unit_price"
RETAIL_HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"


@dataclass(frozen=True)
class Importer:
    """Imports files that it writes into a folder of its own, as departed and with new products unless told else."""

    folder: Path
    client: str = "ACME"

    def __call__(self, content: str | bytes, *, name: str = "orders.csv", **options: Any) -> Account:
        path = self.folder / name
        path.write_bytes(packed(content.encode() if isinstance(content, str) else content, name))
        return self.read(path, **options)

    def read(self, path: Path, **options: Any) -> Account:
        """`options` are those of `ImportRequest`."""
        request = ImportRequest(path, self.client, **{"create_products": True, "as_departed": True, **options})
        return import_orders(request, actor=IMPORTER, at=NOW, progress=lambda stage, done, size: None)

    def refusal(self, content: str | bytes, **options: Any) -> Refusal:
        with pytest.raises(Refusal) as refused:
            self(content, **options)
        return refused.value


def packed(content: bytes, name: str) -> bytes:
    if name.endswith(".gz"):
        return gzip.compress(content)
    return lzma.compress(content) if name.endswith(".xz") else content


def reship_csv(*rows: str) -> str:
    return "\n".join([RESHIP_HEADER, *rows, ""])


def retail_csv(*rows: str) -> str:
    return "\n".join([RETAIL_HEADER, *rows, ""])


def rows(account: Account) -> tuple[int, int, int, dict[str, int]]:
    """Read, imported, merged, left out by cause."""
    return account.rows_read, account.rows_imported, account.rows_merged, dict(account.rows_left_out)
