"""`/products`: the things that are stocked."""

from typing import Annotated, Any

from django.http import HttpResponse
from ninja import Query, Router
from pydantic import Field

from reship.api.answers import Done, answer_once
from reship.api.caller import ApiRequest
from reship.api.operations import does, reads
from reship.api.schemas import Asked, Money, PageAsked, PageTold, Told, cursors_of
from reship.catalog.models import Product
from reship.catalog.queries import LONGEST_SEARCH, find_products, product_of
from reship.clients.access import Actor
from reship.clients.roles import Right
from reship.fulfilment.edit_product import LONGEST_BARCODE, ProductEdit, edit_product, make_product, may_see_costs
from reship.fulfilment.items import known_products
from reship.fulfilment.receive import LONGEST_BIN
from reship.name_paths import NameConverter

router = Router(tags=["Products"])
OF_ONE = "/products/{name:sku}"


class ProductsAsked(PageAsked):
    """Which products."""

    search: str = Field("", max_length=LONGEST_SEARCH, description="A part of a SKU or of a name.")


class NewProductAsked(Asked):
    """A product that is to be known."""

    sku: str = Field(min_length=1, max_length=60, examples=["MUG"])
    name: str = Field("", max_length=300, examples=["Mug, blue"])
    barcode: str = Field("", max_length=LONGEST_BARCODE, description="Needs the scope `stock`, and a warehouse's role.")


class BinAsked(Asked):
    """Where in a warehouse a product lies."""

    warehouse: str = Field(max_length=20, examples=["MAIN"])
    bin: str = Field(max_length=LONGEST_BIN, description="Empty to say that none is known.", examples=["A-01-3"])


class ProductChangeAsked(Asked):
    """What shall be kept of a product; what is left out stays as it is."""

    barcode: str | None = Field(
        None, max_length=LONGEST_BARCODE, description="Needs the scope `stock`, and a warehouse's role."
    )
    bins: list[BinAsked] = Field(
        default=[], max_length=100, description="Needs the scope `stock`, and a warehouse's role."
    )
    unit_cost: str | None = Field(
        None,
        max_length=20,
        description="Of one unit, in the client's currency, with at most four decimals. Needs the scope `read`, too.",
        examples=["4.50"],
    )


class ProductTold(Told):
    """A thing that is stocked."""

    sku: str = Field(examples=["MUG"])
    name: str = Field(examples=["Mug, blue"])
    barcode: str
    unit_cost: Money | None = Field(
        description="In the client's currency; null for a key whose role may not see costs.", examples=["4.5000"]
    )

    @classmethod
    def of(cls, product: Product, actor: Actor) -> "ProductTold":
        return cls(
            sku=product.sku,
            name=product.name,
            barcode=product.barcode,
            unit_cost=product.unit_cost if may_see_costs(actor) else None,
        )


class ProductsTold(PageTold):
    """A page of products."""

    data: list[ProductTold]


_OPERATIONS = {"get": "get_product", "change": "change_product", "stock": "get_stock", "ledger": "list_stock_ledger"}


def links(sku: str) -> dict[str, Any]:
    """Where one goes on from a product; `sku` is an expression that tells which."""
    return {name: {"operationId": operation, "parameters": {"sku": sku}} for name, operation in _OPERATIONS.items()}


_LINKS = links("$response.body#/sku")


@reads(router, "/products", Right.VIEW, answer=ProductsTold, links={200: links("$response.body#/data/0/sku")})
def list_products(request: ApiRequest, asked: Annotated[ProductsAsked, Query()]) -> ProductsTold:
    """List products, by SKU."""
    page = find_products(request.client, search=asked.search, limit=asked.limit, after=asked.after)
    return ProductsTold(data=[ProductTold.of(product, request.actor) for product in page.rows], **cursors_of(page))


@reads(router, OF_ONE, Right.VIEW, answer=ProductTold, links={200: _LINKS})
def get_product(request: ApiRequest, sku: str) -> ProductTold:
    """Get a product."""
    return ProductTold.of(product_of(request.client, sku), request.actor)


@does(
    router,
    "POST",
    "/products",
    Right.PLACE_ORDER,
    answers={201: ProductTold, 200: ProductTold},
    example={"sku": "MUG", "name": "Mug, blue"},
    headers={"Location": {"schema": {"type": "string"}, "description": "The product's address."}},
    links={201: _LINKS, 200: _LINKS},
)
def create_product(request: ApiRequest, asked: NewProductAsked) -> HttpResponse:
    """Make a product known.

    201 when it was not known; 200 when it was, and then its name stays as it is.
    """

    def work() -> Done:
        known = bool(known_products([asked.sku]))
        product = make_product(
            asked.sku,
            name=asked.name,
            barcode=asked.barcode,
            client=request.client,
            actor=request.actor,
            at=request.at,
        )
        told = ProductTold.of(product, request.actor)
        return Done(told, status=200 if known else 201, location=product_path(product.sku))

    return answer_once(request, work)


@does(
    router,
    "PATCH",
    OF_ONE,
    Right.PLACE_ORDER,
    answers={200: ProductTold},
    example={"unit_cost": "4.50"},
    links={200: _LINKS},
)
def change_product(request: ApiRequest, sku: str, asked: ProductChangeAsked) -> HttpResponse:
    """Change what is kept of a product: its barcode, its bins, what a unit costs."""

    def work() -> Done:
        product_of(request.client, sku)
        edit = ProductEdit(sku, asked.barcode, tuple((one.warehouse, one.bin) for one in asked.bins), asked.unit_cost)
        product = edit_product(edit, client=request.client, actor=request.actor, at=request.at)
        return Done(ProductTold.of(product, request.actor))

    return answer_once(request, work)


def product_path(sku: str) -> str:
    return f"/api/v1/products/{NameConverter().to_url(sku)}"
