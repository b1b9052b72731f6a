"""Why items are sent again, and whose fault it was: each client's own list, or the one that everybody begins with."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from reship.clients.models import Client


class Fault(StrEnum):
    """Who answers for what went wrong."""

    CARRIER = "carrier"
    WAREHOUSE = "warehouse"
    MERCHANT = "merchant"
    CUSTOMER = "customer"


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason of a client's list. `fault` is whose it is unless somebody says otherwise; empty when that is open."""

    code: str
    label: str
    fault: str = ""


BUILT_IN = (
    Reason("lost", "Lost in transit", Fault.CARRIER),
    Reason("damaged", "Damaged", Fault.CARRIER),
    Reason("wrong_item", "Wrong item sent", Fault.WAREHOUSE),
    Reason("missing_item", "Missing item", Fault.WAREHOUSE),
    Reason("replacement", "Replacement", Fault.MERCHANT),
)


def reasons_of(client: Client) -> tuple[Reason, ...]:
    """The reasons among which the client's people choose, in the order of their list."""
    own = cast(list[Mapping[str, str]], client.reasons)
    return tuple(Reason(one["code"], one["label"], one.get("fault", "")) for one in own) or BUILT_IN


def fault_label(fault: str) -> str:
    """“Carrier”; empty when nobody is named."""
    return fault.capitalize()


def reason_of(client: Client, code: str) -> Reason | None:
    return next((reason for reason in reasons_of(client) if reason.code == code), None)
