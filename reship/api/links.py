"""Links of the OpenAPI document: with what is answered, where one goes next."""

from collections.abc import Mapping
from typing import Any

_OF_ORDER = {
    "order": "get_order",
    "shipments": "list_shipments",
    "history": "get_history",
    "holds": "list_holds",
    "hold": "create_hold",
    "reshipments": "list_reshipments",
    "reship": "create_reshipment",
    "cancel": "cancel_order",
}
_OF_SHIPMENT = {
    "shipment": "get_shipment",
    "tracking": "list_tracking_events",
    "cancel_shipment": "cancel_shipment",
}


def to_order(number: str) -> dict[str, Any]:
    """What can be seen of an order and done with it; `number` is an expression that tells which."""
    return _links(_OF_ORDER, number)


def to_shipment(number: str) -> dict[str, Any]:
    """The same of a shipment."""
    return _links(_OF_SHIPMENT, number)


def _links(operations: Mapping[str, str], number: str) -> dict[str, Any]:
    return {
        name: {"operationId": operation, "parameters": {"number": number}} for name, operation in operations.items()
    }
