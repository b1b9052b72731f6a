"""`/reasons`: why items are sent again, as the client's own list has it."""

from ninja import Router
from pydantic import Field

from reship.api.caller import ApiRequest
from reship.api.operations import reads
from reship.api.schemas import Told
from reship.clients.reasons import Fault, reasons_of
from reship.clients.roles import Right

router = Router(tags=["Reshipments"])


class ReasonTold(Told):
    """A reason of the client's list."""

    code: str = Field(description="As `reason` of a reshipment.", examples=["lost"])
    label: str = Field(description="As people read it.", examples=["Lost in transit"])
    fault: Fault | None = Field(description="Whose fault it is unless a reshipment says otherwise; null: open.")


class ReasonsTold(Told):
    """The client's list of reasons."""

    required: bool = Field(description="Whether a reshipment by this key must give one.")
    data: list[ReasonTold]


@reads(router, "/reasons", Right.VIEW, answer=ReasonsTold)
def list_reasons(request: ApiRequest) -> ReasonsTold:
    """List the reasons among which a reshipment chooses, in the client's order."""
    return ReasonsTold(
        required=request.actor.must_give_reason(request.client),
        data=[
            ReasonTold(code=one.code, label=one.label, fault=Fault(one.fault) if one.fault else None)
            for one in reasons_of(request.client)
        ],
    )
