"""`/warehouses`: the buildings of the fulfilment company."""

from ninja import Router
from pydantic import Field

from reship.api.caller import ApiRequest
from reship.api.operations import reads
from reship.api.schemas import Told
from reship.clients.roles import Right
from reship.fulfilment.warehouses import all_warehouses

router = Router(tags=["Warehouses"])


class WarehouseTold(Told):
    """A building of the fulfilment company."""

    code: str = Field(examples=["MAIN"])
    name: str = Field(examples=["Main warehouse"])


class WarehousesTold(Told):
    """All warehouses."""

    data: list[WarehouseTold]


@reads(router, "/warehouses", Right.VIEW, answer=WarehousesTold)
def list_warehouses(request: ApiRequest) -> WarehousesTold:
    """List the warehouses, by name."""
    return WarehousesTold(data=[WarehouseTold(code=one.code, name=one.name) for one in all_warehouses()])
