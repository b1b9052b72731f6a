"""The page of a manual order: what was typed into it, and what it shows for that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.http import QueryDict

from reship import intake
from reship.catalog.models import Product, Warehouse
from reship.errors import Refusal
from reship.fulfilment.place_order import NewLine, NewOrder
from reship.inventory.ledger import Balance, Place
from reship.orders.addresses import Address
from reship.orders.models import HoldKind
from reship.web.item_rows import OF_ITEMS, row_error, table_error
from reship.web.order_forms import AddressedForm
from reship.web.stock_change import Change, units
from reship.web.windows import RefusedInWindow, refused_in_window

MOST_LINES = 200
_BLANK_LINES = 3
HOLDS = [
    ("", "No hold: it may be picked as soon as it is placed"),
    (HoldKind.OPERATOR.value, HoldKind.OPERATOR.label),
    (HoldKind.CLIENT.value, HoldKind.CLIENT.label),
]


class NewOrderForm(AddressedForm):
    """All of the page but its lines."""

    customer_name = forms.CharField(label="Customer", widget=forms.TextInput(attrs={"maxlength": "200"}))
    customer_email = forms.CharField(
        label="E-mail", required=False, widget=forms.TextInput(attrs={"maxlength": "254", "inputmode": "email"})
    )
    number = forms.CharField(
        label="Order number",
        required=False,
        help_text="Left empty, the next free one.",
        widget=forms.TextInput(attrs={"maxlength": "40"}),
    )
    currency = forms.CharField(
        label="Currency",
        help_text="Three letters, such as EUR.",
        widget=forms.TextInput(attrs={"maxlength": "3", "autocomplete": "off"}),
    )
    warehouse = forms.ChoiceField(label="Warehouse")
    hold = forms.ChoiceField(label="Hold", required=False, choices=HOLDS)
    note = forms.CharField(
        label="Note",
        required=False,
        help_text="Stands in the order's history, and on its hold if there is one.",
        widget=forms.Textarea(attrs={"rows": "2", "maxlength": "1000"}),
    )
    fields_of_codes = {
        **AddressedForm.fields_of_codes,
        "order_exists": "number",
        "unknown_warehouse": "warehouse",
        "invalid_hold": "hold",
    }

    def __init__(self, data: Mapping[str, Any] | None, *, order: NewOrder, warehouses: Sequence[Warehouse]) -> None:
        """`order` is what the page begins with."""
        super().__init__(data, address=order.address, method=order.method)
        self.initial = {
            **self.initial,
            "customer_name": order.customer_name,
            "customer_email": order.customer_email,
            "currency": order.currency,
            "warehouse": order.warehouse,
        }
        warehouse = self.fields["warehouse"]
        assert isinstance(warehouse, forms.ChoiceField)
        warehouse.choices = [(of.code, f"{of.name} ({of.code})") for of in warehouses]

    def field_of(self, refusal: Refusal) -> str:
        named = {"customer e-mail": "customer_email", "order number": "number"}
        return named.get(str(refusal.figures.get("field", "")), "") or super().field_of(refusal)


@dataclass(frozen=True, slots=True)
class TypedLine:
    sku: str = ""
    quantity: str = ""
    price: str = ""

    @property
    def is_empty(self) -> bool:
        """A price alone is none: a form shows zeros."""
        return not (self.sku.strip() or self.quantity.strip())


@dataclass(frozen=True, slots=True)
class TypedOrder:
    """What stands in the page, but for the fields of its form."""

    key: str
    copied_from: str
    lines: tuple[TypedLine, ...]

    @classmethod
    def of(cls, data: QueryDict) -> "TypedOrder":
        columns = (data.getlist("sku"), data.getlist("quantity"), data.getlist("price"))
        lines = tuple(TypedLine(*cells) for cells in list(zip(*columns, strict=False))[:MOST_LINES])
        out = {int(row) for row in data.getlist("take_out") if row.isascii() and row.isdecimal() and len(row) < 4}
        kept = tuple(line for row, line in enumerate(lines, start=1) if row not in out)
        return cls(data.get("key", ""), data.get("copied_from", ""), kept)

    @classmethod
    def as_begun(cls, order: NewOrder, *, key: str) -> "TypedOrder":
        lines = tuple(TypedLine(line.sku, str(line.quantity), "0.00") for line in order.lines)
        return cls(key, order.copied_from, lines)

    def with_further_lines(self) -> "TypedOrder":
        filled = [line for line in self.lines if not line.is_empty]
        return replace(self, lines=(*filled, *[TypedLine()] * min(_BLANK_LINES, MOST_LINES - len(filled))))

    def order(self, form: NewOrderForm, *, placed_at: datetime) -> NewOrder:
        return NewOrder(
            lines=tuple(NewLine(line.sku, line.quantity, line.price) for line in self.lines if not line.is_empty),
            customer_name=form.typed("customer_name"),
            customer_email=form.typed("customer_email"),
            number=form.typed("number"),
            currency=form.typed("currency"),
            method=form.typed("method"),
            address=form.typed_address() or Address(),
            warehouse=form.typed("warehouse"),
            placed_at=placed_at,
            copied_from=self.copied_from,
            entered=True,
            hold=form.typed("hold"),
            note=form.typed("note"),
            key=self.key,
        )


@dataclass(frozen=True, slots=True)
class LineRow:
    row: int
    sku: str
    quantity: str
    price: str
    error: str
    is_next: bool
    """Where to go on typing."""


@dataclass(frozen=True, slots=True)
class StockOfSku:
    """One SKU of the order: how many go, and what is available in each warehouse; in the chosen one now and after."""

    sku: str
    name: str
    quantity: int
    available: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class LinesPreview:
    """The part of the page that renews itself with every change."""

    warehouses: tuple[str, ...]
    chosen: str
    rows: tuple[StockOfSku, ...]
    unknown: tuple[str, ...]
    total: str
    currency: str


@dataclass(frozen=True, slots=True)
class NewOrderPage:
    title: str
    client_code: str
    client_name: str
    key: str
    copied_from: str
    copied_from_url: str
    post_url: str
    skus_url: str
    back_url: str
    form: NewOrderForm
    rows: tuple[LineRow, ...]
    lines_error: str
    refused: RefusedInWindow | None
    preview: LinesPreview


def line_rows(typed: TypedOrder, refusal: Refusal | None, *, goes_on: bool = False) -> tuple[LineRow, ...]:
    """`goes_on` when further lines were asked for: the first empty one is the next."""
    empty = [row for row, line in enumerate(typed.lines, start=1) if line.is_empty]
    return tuple(
        LineRow(
            row,
            line.sku,
            line.quantity,
            line.price,
            _line_error(line, refusal),
            is_next=goes_on and empty[:1] == [row],
        )
        for row, line in enumerate(typed.lines, start=1)
    )


def lines_error(rows: Sequence[LineRow], refusal: Refusal | None) -> str:
    """A refusal about lines that none of them shows."""
    return table_error(refusal, [row.error for row in rows])


def shown_refusal(form: NewOrderForm, rows: Sequence[LineRow], refusal: Refusal | None) -> RefusedInWindow | None:
    is_placed = bool(form.errors or any(row.error for row in rows) or lines_error(rows, refusal))
    return refused_in_window(refusal, is_placed=is_placed)


def lines_preview(
    typed: TypedOrder,
    form: NewOrderForm,
    *,
    products: Mapping[str, Product],
    levels: Mapping[Place, Balance],
    warehouses: Sequence[Warehouse],
) -> LinesPreview:
    """`products` are those of the SKUs that were typed, and `levels` theirs in all warehouses."""
    chosen = form.typed("warehouse") if form.is_bound else str(form.initial["warehouse"])
    asked: dict[str, int] = {}
    total = Decimal(0)
    for line in typed.lines:
        product, quantity = products.get(line.sku.strip()), _quantity(line.quantity)
        if product is None or quantity is None:
            continue
        asked[product.sku] = asked.get(product.sku, 0) + quantity
        total += quantity * _price(line.price)
    rows = tuple(
        StockOfSku(
            sku,
            products[sku].name,
            quantity,
            tuple(
                _available(levels.get(Place(products[sku].pk, of.pk)), quantity if of.code == chosen else 0)
                for of in warehouses
            ),
        )
        for sku, quantity in asked.items()
    )
    unknown = {line.sku.strip() for line in typed.lines} - products.keys() - {""}
    currency = form.typed("currency") if form.is_bound else str(form.initial["currency"])
    return LinesPreview(
        tuple(of.code for of in warehouses), chosen, rows, tuple(sorted(unknown)), f"{total:,.2f}", currency.upper()
    )


def _available(level: Balance | None, asked: int) -> Change:
    now = level.available if level else 0
    kind = "" if not asked else "short" if now < asked else "less"
    return Change(units(now), units(now - asked), kind)


def _quantity(given: str) -> int | None:
    try:
        return intake.quantity(given)
    except Refusal:
        return None


def _price(given: str) -> Decimal:
    """For the total: what is no price is refused, at its line, when it is sent."""
    text = given.strip()
    is_price = text.replace(".", "", 1).isdecimal() and text.isascii() and len(text) <= 16
    return Decimal(text) if is_price else Decimal(0)


def _line_error(line: TypedLine, refusal: Refusal | None) -> str:
    if refusal is None or line.is_empty:
        return ""
    if not line.sku.strip():
        return "Name the SKU." if refusal.figures.get("field") == "SKU" or refusal.code in OF_ITEMS else ""
    return row_error(line.sku, line.quantity, refusal)
