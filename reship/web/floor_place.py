"""Where somebody works on the floor: whose goods, in which building. Chosen once, and kept between scans."""

from collections.abc import Mapping
from dataclasses import dataclass

from django_scopes import scope

from reship import intake
from reship.catalog.models import Warehouse
from reship.clients.models import Client
from reship.errors import Refusal
from reship.floor.put_away import parcels_with
from reship.fulfilment.scanned import clean_code, unknown_parcel
from reship.inventory.models import StockLevel
from reship.orders.models import Shipment
from reship.web.access import PortalRequest, client_of
from reship.web.chosen_client import chosen_client

_WAREHOUSE_KEPT_AS = "floor_warehouse"
_CLIENT_KEPT_AS = "floor_client"


@dataclass(frozen=True, slots=True)
class FloorPlace:
    """`clients` are those to choose from, none when the choice is made already; `warehouse` is a code.

    Nobody's goods are put into a building that was only the first of a list: both are empty until somebody chose.
    """

    clients: list[Client]
    client: Client | None
    warehouses: list[Warehouse]
    warehouse: str

    @property
    def chosen(self) -> Client:
        """Refuses `client_required` while nobody said whose goods these are."""
        if self.client is None:
            raise Refusal("client_required", "Choose first whose goods these are.")
        return self.client

    @property
    def chosen_warehouse(self) -> str:
        """Refuses `warehouse_required` while nobody said where these are."""
        if not self.warehouse:
            raise Refusal("warehouse_required", "Choose first which warehouse this is.")
        return self.warehouse

    @property
    def building(self) -> Warehouse | None:
        return next((warehouse for warehouse in self.warehouses if warehouse.code == self.warehouse), None)


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where units of a SKU go."""

    name: str
    bin: str


def floor_place(request: PortalRequest) -> FloorPlace:
    """What the form or the address says, else what was chosen before, else the only one there is."""
    given = request.POST if request.method == "POST" else request.GET
    clients = list(Client.objects.order_by("name", "pk"))
    code = given.get("client") or chosen_client(request) or request.session.get(_CLIENT_KEPT_AS, "")
    client = next((client for client in clients if client.code == code), clients[0] if len(clients) == 1 else None)
    warehouses = list(Warehouse.objects.order_by("name", "pk"))
    codes = [warehouse.code for warehouse in warehouses]
    kept = str(request.session.get(_WAREHOUSE_KEPT_AS, ""))
    # What was named goes to the verb, which refuses what does not exist.
    named = given.get("warehouse", "")[:60]
    warehouse = (named if intake.can_be_stored(named) else "") or (
        kept if kept in codes else codes[0] if len(codes) == 1 else ""
    )
    if client is not None and given.get("client") == client.code != request.session.get(_CLIENT_KEPT_AS):
        request.session[_CLIENT_KEPT_AS] = client.code
    if warehouse in codes and given.get("warehouse") == warehouse != kept:
        request.session[_WAREHOUSE_KEPT_AS] = warehouse
    is_made = bool(chosen_client(request)) or len(clients) == 1
    return FloorPlace([] if is_made else clients, client, warehouses, warehouse)


def has_chosen_building(request: PortalRequest) -> bool:
    return _WAREHOUSE_KEPT_AS in request.session


def chosen_ids(request: PortalRequest) -> list[int] | None:
    """The client chosen in the header, for lists; None for all."""
    code = chosen_client(request)
    return [client_of(request, code).pk] if code else None


def parcel_of(request: PortalRequest, code: str) -> Shipment:
    """The one parcel that a scanned number or tracking number means, of the client in the header or of any.

    Refuses `invalid_text`, `unknown_parcel`, and `ambiguous_parcel` when several clients have such a one.
    """
    clean = clean_code(code)
    found = parcels_with(clean, client_ids=chosen_ids(request))
    if not found:
        raise unknown_parcel(clean)
    by_number = [shipment for shipment in found if shipment.number == clean]
    meant = by_number or found
    names = sorted({shipment.client.name for shipment in meant})
    if len(names) > 1:
        raise Refusal(
            "ambiguous_parcel",
            f"{len(names)} clients have a parcel {clean}: choose one of them in the header, and scan it again.",
            clients=names,
        )
    return meant[0]


def shelves(client: Client, warehouse_id: int, skus: list[str]) -> Mapping[str, Shelf]:
    """The names and bins of these products in a warehouse, by SKU; one statement."""
    with scope(client=client.pk):
        levels = StockLevel.objects.filter(warehouse_id=warehouse_id, product__sku__in=skus)
        rows = levels.values_list("product__sku", "product__name", "bin")
        return {sku: Shelf(name, place) for sku, name, place in rows}
