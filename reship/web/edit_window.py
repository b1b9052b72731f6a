"""The Edit window of a shipment: what was typed into it, and what it shows for that."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.http import QueryDict

from reship import intake
from reship.catalog.models import Product
from reship.errors import Refusal
from reship.fulfilment.edit_shipment import EditRequest
from reship.fulfilment.facts import LineFacts, ShipmentFacts
from reship.fulfilment.reship import LevelsOnPaper
from reship.fulfilment.reship_plan import ReshipItem
from reship.inventory.ledger import Balance, Move, Place
from reship.web.item_rows import row_error, table_error
from reship.web.order_forms import EditForm
from reship.web.stock_change import Change, balance_change
from reship.web.windows import Paths, RefusedInWindow, refused_in_window

_MOST_NEW_ROWS = 50


@dataclass(frozen=True, slots=True)
class NewItem:
    """A row in which a further SKU is typed."""

    sku: str = ""
    quantity: str = ""

    @property
    def is_empty(self) -> bool:
        return not (self.sku.strip() or self.quantity.strip())


@dataclass(frozen=True, slots=True)
class TypedEdit:
    """What stands in the window, as it was typed; SKUs that are taken out are not among the items that shall go."""

    edition: int
    quantities: Mapping[str, str]
    taken_out: frozenset[str]
    new: tuple[NewItem, ...]

    @classmethod
    def of(cls, data: QueryDict) -> "TypedEdit":
        new = zip(data.getlist("new_sku"), data.getlist("new_quantity"), strict=False)
        edition = data.get("edition", "")
        return cls(
            # A form that has lost its edition was not made from this shipment as it is: it is refused as stale.
            edition=int(edition) if edition.isascii() and edition.isdecimal() and len(edition) < 10 else 0,
            quantities={sku: data.get(f"quantity-{sku}", "") for sku in data.getlist("sku")},
            taken_out=frozenset(data.getlist("taken_out")),
            new=tuple(NewItem(sku, quantity) for sku, quantity in list(new)[:_MOST_NEW_ROWS]),
        )

    def with_another_row(self) -> "TypedEdit":
        return replace(self, new=(*self.new, NewItem()))

    def request(self, of_shipment: ShipmentFacts, form: EditForm) -> EditRequest:
        """A line that the form did not send at all stays as it is: only what was taken out goes."""
        now = {line.line.sku: str(line.line.quantity) for line in of_shipment.units}
        shall_go = {sku: typed for sku, typed in {**now, **self.quantities}.items() if sku not in self.taken_out}
        added = [item for item in self.new if not item.is_empty]
        return EditRequest(
            shipment=of_shipment.shipment.number,
            address=form.typed_address(),
            method=form.typed_method(),
            items=(
                *(ReshipItem(sku, quantity) for sku, quantity in shall_go.items()),
                *(ReshipItem(item.sku, item.quantity) for item in added),
            ),
            edition=self.edition,
        )


@dataclass(frozen=True, slots=True)
class EditRow:
    """One line of the shipment; `available` is what could be added to it, in units."""

    sku: str
    name: str
    quantity: str
    available: int
    is_taken_out: bool
    error: str


@dataclass(frozen=True, slots=True)
class NewRow:
    sku: str
    quantity: str
    error: str


@dataclass(frozen=True, slots=True)
class OthersEdit:
    """An edit that somebody else saved meanwhile, each change with before and after."""

    actor: str
    at: datetime
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StockRow:
    """What the edit does to the stock of one SKU: `units` is how many more of it go, with its sign."""

    sku: str
    units: str
    on_hand: Change
    allocated: Change
    available: Change


@dataclass(frozen=True, slots=True)
class EditPreview:
    """The part of the window that renews itself with every change."""

    rows: tuple[StockRow, ...]
    refused: str


@dataclass(frozen=True, slots=True)
class EditWindow:
    """`ask_url` is where the warehouse can be asked, when it is too late to edit."""

    shipment: str
    edition: int
    post_url: str
    preview_url: str
    skus_url: str
    ask_url: str
    is_stale: bool
    others: tuple[OthersEdit, ...]
    refused: RefusedInWindow | None
    form: EditForm
    rows: tuple[EditRow, ...]
    new_rows: tuple[NewRow, ...]
    items_error: str
    is_held: bool
    preview: EditPreview


def typed_as_it_is(of_shipment: ShipmentFacts) -> TypedEdit:
    """A window that was just opened: the shipment as it is, and one empty row."""
    return TypedEdit(
        edition=of_shipment.shipment.edition,
        quantities={line.line.sku: str(line.line.quantity) for line in of_shipment.units},
        taken_out=frozenset(),
        new=(NewItem(),),
    )


def edit_window(
    of_shipment: ShipmentFacts,
    typed: TypedEdit,
    form: EditForm,
    paths: Paths,
    *,
    products: Mapping[int, Product],
    levels: LevelsOnPaper,
    is_held: bool,
    preview: EditPreview,
    others: tuple[OthersEdit, ...] = (),
    both: Mapping[str, str] | None = None,
    refusal: Refusal | None = None,
) -> EditWindow:
    """The window for this shipment, with a refusal of the deed where it belongs, and what others changed meanwhile."""
    changed_by_both = both or {}
    if refusal is not None:
        form.show(refusal)
    for name, message in changed_by_both.items():
        if name in form.fields:
            form.add_error(name, message)
    number = of_shipment.shipment.number
    rows = tuple(
        _row(
            line,
            typed,
            products[line.line.product_id].name,
            levels.balance(of_shipment.place(line)),
            refusal,
            told=changed_by_both.get(line.line.sku, ""),
        )
        for line in of_shipment.units
    )
    # A SKU that was named twice is told at the second place; else once, at its line.
    told = frozenset(row.sku for row in rows if row.error)
    new = tuple(_new_row(item, told, refusal) for item in typed.new)
    row_errors = [*(row.error for row in rows), *(row.error for row in new)]
    items_error = table_error(refusal, row_errors)
    return EditWindow(
        shipment=number,
        edition=typed.edition,
        post_url=paths.to("shipment_edit", number),
        preview_url=paths.to("shipment_edit_preview", number),
        skus_url=paths.to("shipment_skus", number),
        ask_url=paths.to("shipment_questions", number) if refusal and refusal.code == "picking_started" else "",
        is_stale=refusal is not None and refusal.code == "stale_edit",
        others=others,
        # What others did is told in a note of its own.
        refused=None
        if others
        else refused_in_window(refusal, is_placed=bool(form.errors or items_error or any(row_errors))),
        form=form,
        rows=rows,
        new_rows=new,
        items_error=items_error,
        is_held=is_held,
        preview=preview,
    )


def edit_preview(
    of_shipment: ShipmentFacts,
    typed: TypedEdit,
    *,
    products: Mapping[str, Product],
    levels: Mapping[Place, Balance],
    moves: Mapping[Place, Move] | None,
    refused: str = "",
) -> EditPreview:
    """What the edit does to the stock, for each SKU of which more or fewer go than now.

    `products` are those that were typed, by SKU; `moves` what the verb would do, None when it refuses.
    """
    rows = []
    before = {line.line.sku: line for line in of_shipment.units}
    for sku, product_id, quantity in _wanted(typed, before, products):
        place = Place(product_id, of_shipment.shipment.warehouse_id)
        more = quantity - (before[sku].line.quantity if sku in before else 0)
        if not more:
            continue
        now = levels.get(place, Balance(0, 0))
        after = Balance(now.on_hand, now.allocated + more)
        if moves is not None:
            after = moves[place].after if place in moves else now
        rows.append(StockRow(sku, f"{more:+,}".replace("-", "−"), *balance_change(now, after)))
    return EditPreview(tuple(rows), refused)


def _wanted(
    typed: TypedEdit, before: Mapping[str, LineFacts], products: Mapping[str, Product]
) -> list[tuple[str, int, int]]:
    """SKU, product and quantity of everything in the window that has a quantity; what has none has nothing to show."""
    wanted = []
    for sku, line in before.items():
        given = "0" if sku in typed.taken_out else typed.quantities.get(sku, str(line.line.quantity))
        quantity = 0 if sku in typed.taken_out else _quantity(given)
        if quantity is not None:
            wanted.append((sku, line.line.product_id, quantity))
    for item in typed.new:
        product, quantity = products.get(item.sku.strip()), _quantity(item.quantity)
        if product is not None and quantity is not None and product.sku not in before:
            wanted.append((product.sku, product.pk, quantity))
    return wanted


def _quantity(given: str) -> int | None:
    try:
        return intake.quantity(given)
    except Refusal:
        return None


def _row(
    line: LineFacts, typed: TypedEdit, name: str, balance: Balance, refusal: Refusal | None, *, told: str
) -> EditRow:
    sku = line.line.sku
    quantity = typed.quantities.get(sku, "")
    is_taken_out = sku in typed.taken_out
    is_new_row = refusal is not None and refusal.code == "duplicate_item"
    return EditRow(
        sku=sku,
        name=name,
        quantity=quantity,
        available=balance.available,
        is_taken_out=is_taken_out,
        error=told or ("" if is_taken_out or is_new_row else row_error(sku, quantity, refusal)),
    )


def _new_row(item: NewItem, told: frozenset[str], refusal: Refusal | None) -> NewRow:
    is_silent = item.is_empty or item.sku in told
    return NewRow(item.sku, item.quantity, "" if is_silent else row_error(item.sku, item.quantity, refusal))
