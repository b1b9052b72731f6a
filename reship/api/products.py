"""`/products`: the things that are stocked."""

from collections.abc import Sequence
from typing import Annotated, Any

from django.http import HttpResponse
from ninja import Query, Router
from pydantic import Discriminator, Field, RootModel, Tag

from reship.api.answers import Done, answer_once
from reship.api.caller import ApiRequest
from reship.api.operations import does, reads
from reship.api.problems import Problem, places_of, problem_of
from reship.api.schemas import Asked, Money, PageAsked, PageTold, Told, cursors_of
from reship.catalog.models import Product
from reship.catalog.queries import LONGEST_SEARCH, find_products, product_of
from reship.clients.access import Actor
from reship.clients.roles import Right
from reship.errors import Refusal
from reship.fulfilment.edit_product import LONGEST_BARCODE, ProductEdit, edit_product, make_product, may_see_costs
from reship.fulfilment.items import known_products
from reship.fulfilment.receive import LONGEST_BIN
from reship.fulfilment.stock import NewProduct, add_products
from reship.name_paths import NameConverter

router = Router(tags=["Products"])
OF_ONE = "/products/{name:sku}"
MOST_PRODUCTS = 1_000


class ProductsAsked(PageAsked):
    """Which products."""

    search: str = Field("", max_length=LONGEST_SEARCH, description="A part of a SKU or of a name.")


class NewProductAsked(Asked):
    """A product that is to be known."""

    sku: str = Field(min_length=1, max_length=60, examples=["MUG"])
    name: str = Field("", max_length=300, examples=["Mug, blue"])
    barcode: str = Field("", max_length=LONGEST_BARCODE, description="Needs the scope `stock`, and a warehouse's role.")


class ProductOfManyAsked(Asked):
    """One of many products that are to be known."""

    sku: str = Field(min_length=1, max_length=60, examples=["MUG"])
    name: str = Field("", max_length=300, examples=["Mug, blue"])


class NewProductsAsked(Asked):
    """Many products. The refusal of one stops no other."""

    products: list[ProductOfManyAsked] = Field(max_length=MOST_PRODUCTS, json_schema_extra={"minItems": 1})


_ONE, _MANY = "<one>", "<many>"


def _is_meant(given: Any) -> str:
    return _MANY if isinstance(given, dict) and "products" in given else _ONE


class ToMakeKnownAsked(
    RootModel[
        Annotated[
            Annotated[NewProductAsked, Tag(_ONE)] | Annotated[NewProductsAsked, Tag(_MANY)],
            Discriminator(_is_meant),
        ]
    ]
):
    """One product, or many as `products`."""


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


class ProductOutcomeTold(Told):
    """What became of one of many products."""

    index: int = Field(description="Its place in `products`, from 0.")
    status: int = Field(description="What the product alone would have been answered with.", examples=[201])
    product: ProductTold | None = Field(description="The product; null when it was refused.")
    problem: Problem | None = Field(description="Why it was refused; null when it is known now.")


class ProductOutcomesTold(Told):
    """What became of each product, in the order in which they were sent."""

    data: list[ProductOutcomeTold]


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
    answers={201: ProductTold, 200: ProductTold | ProductOutcomesTold},
    example={"sku": "MUG", "name": "Mug, blue"},
    headers={"Location": {"schema": {"type": "string"}, "description": "The product's address, of one product."}},
    links={201: _LINKS},
)
def create_products(request: ApiRequest, asked: ToMakeKnownAsked) -> HttpResponse:
    """Make a product known, or many at once.

    One product is answered with 201 when it was not known, and with 200 when it was: then its name stays as it is.
    Many, as `products`, are answered with 200 and one outcome each.
    """
    given = asked.root
    if isinstance(given, NewProductsAsked):
        return answer_once(request, lambda: _make_many(request, given.products))
    return answer_once(request, lambda: _make_one(request, given))


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


def _make_one(request: ApiRequest, asked: NewProductAsked) -> Done:
    known = bool(known_products([asked.sku]))
    product = make_product(
        asked.sku, name=asked.name, barcode=asked.barcode, client=request.client, actor=request.actor, at=request.at
    )
    told = ProductTold.of(product, request.actor)
    return Done(told, status=200 if known else 201, location=product_path(product.sku))


def _make_many(request: ApiRequest, asked: Sequence[ProductOfManyAsked]) -> Done:
    if not asked:
        raise Refusal("nothing_selected", "Send at least one product.")
    known = set(known_products(new.sku for new in asked))
    new = [NewProduct(one.sku, one.name) for one in asked]
    outcomes = add_products(new, client=request.client, actor=request.actor, at=request.at)
    told = []
    for index, outcome in enumerate(outcomes):
        if isinstance(outcome, Refusal):
            sent = asked[index].model_dump(exclude_unset=True)
            problem = problem_of(request, outcome, places_of(outcome, sent, within=f"/products/{index}"))
            told.append(ProductOutcomeTold(index=index, status=problem.status, product=None, problem=problem))
            continue
        status = 200 if outcome.sku in known else 201
        known.add(outcome.sku)
        product = ProductTold.of(outcome, request.actor)
        told.append(ProductOutcomeTold(index=index, status=status, product=product, problem=None))
    return Done(ProductOutcomesTold(data=told))


def product_path(sku: str) -> str:
    return f"/api/v1/products/{NameConverter().to_url(sku)}"
