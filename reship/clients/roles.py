"""Who may do what: the table of roles and rights."""

from enum import StrEnum


class Right(StrEnum):
    VIEW = "view"
    PLACE_ORDER = "place_order"
    RESHIP = "reship"
    RESHIP_AGAIN = "reship_again"
    SEND_AGAIN_ANYWAY = "send_again_anyway"
    ADD_BACK = "add_back"
    HOLD = "hold"
    LIFT_OPERATOR_HOLD = "lift_operator_hold"
    EDIT_SHIPMENT = "edit_shipment"
    CANCEL = "cancel"
    BULK = "bulk"
    WAREHOUSE_WORK = "warehouse_work"
    PACK_BY_HAND = "pack_by_hand"
    ADJUST_STOCK = "adjust_stock"
    SEE_COSTS = "see_costs"
    CHOOSE_CLIENT = "choose_client"
    PEOPLE = "people"
    KEYS = "keys"
    WEBHOOKS = "webhooks"
    SHOPS = "shops"
    RESET_TWO_STEP = "reset_two_step"
    SEE_CLIENT_SETTINGS = "see_client_settings"
    CHANGE_CLIENT_SETTINGS = "change_client_settings"
    SETTINGS = "settings"


class Role(StrEnum):
    VIEWER = "viewer"
    AGENT = "agent"
    MANAGER = "manager"
    PACKER = "packer"
    OPERATOR = "operator"
    ADMIN = "admin"


class Scope(StrEnum):
    """What an API key is for. It narrows what the key's role may do, and never widens it."""

    READ = "read"
    ORDERS = "orders"
    STOCK = "stock"
    BULK = "bulk"
    WEBHOOKS = "webhooks"


CLIENT_ROLES = frozenset({Role.VIEWER, Role.AGENT, Role.MANAGER})
COMPANY_ROLES = frozenset({Role.PACKER, Role.OPERATOR, Role.ADMIN})

_AGENT = frozenset({Right.VIEW, Right.PLACE_ORDER, Right.RESHIP, Right.HOLD, Right.EDIT_SHIPMENT})
RIGHTS: dict[Role, frozenset[Right]] = {
    Role.VIEWER: frozenset({Right.VIEW}),
    Role.AGENT: _AGENT,
    Role.MANAGER: _AGENT
    | {Right.RESHIP_AGAIN, Right.ADD_BACK, Right.SEND_AGAIN_ANYWAY, Right.CANCEL, Right.BULK}
    | {Right.SEE_COSTS, Right.PEOPLE, Right.KEYS, Right.WEBHOOKS, Right.SHOPS, Right.SEE_CLIENT_SETTINGS},
    Role.PACKER: frozenset({Right.VIEW, Right.CHOOSE_CLIENT, Right.WAREHOUSE_WORK, Right.ADJUST_STOCK}),
    Role.OPERATOR: frozenset(Right) - {Right.SETTINGS},
    Role.ADMIN: frozenset(Right),
}

OF_SCOPE: dict[Scope, frozenset[Right]] = {
    Scope.READ: frozenset({Right.VIEW, Right.SEE_COSTS}),
    Scope.ORDERS: _AGENT - {Right.VIEW}
    | {Right.RESHIP_AGAIN, Right.SEND_AGAIN_ANYWAY, Right.ADD_BACK, Right.CANCEL, Right.LIFT_OPERATOR_HOLD},
    Scope.STOCK: frozenset({Right.ADJUST_STOCK, Right.WAREHOUSE_WORK}),
    Scope.BULK: frozenset({Right.BULK}),
    Scope.WEBHOOKS: frozenset({Right.WEBHOOKS}),
}
"""The rights that a key has by each of its scopes. What is in none of them is for people only."""

DEEDS: dict[Right, str] = {
    Right.VIEW: "look at this",
    Right.PLACE_ORDER: "place orders",
    Right.RESHIP: "re-ship",
    Right.RESHIP_AGAIN: "re-ship an order once more",
    Right.SEND_AGAIN_ANYWAY: "send again what is sent again already",
    Right.ADD_BACK: "add inventory back",
    Right.HOLD: "place or lift holds",
    Right.LIFT_OPERATOR_HOLD: "lift a hold of the fulfilment company",
    Right.EDIT_SHIPMENT: "edit shipments",
    Right.CANCEL: "cancel shipments",
    Right.BULK: "do this to many orders at once",
    Right.WAREHOUSE_WORK: "do the warehouse's work",
    Right.PACK_BY_HAND: "pack without scanning every unit",
    Right.ADJUST_STOCK: "correct the stock",
    Right.SEE_COSTS: "see or set what things cost",
    Right.CHOOSE_CLIENT: "work for several clients",
    Right.PEOPLE: "manage people",
    Right.KEYS: "manage API keys",
    Right.WEBHOOKS: "manage webhooks",
    Right.SHOPS: "connect shops",
    Right.RESET_TWO_STEP: "reset somebody's second step of signing in",
    Right.SEE_CLIENT_SETTINGS: "see the settings of a client",
    Right.CHANGE_CLIENT_SETTINGS: "change the settings of a client",
    Right.SETTINGS: "change the settings of the installation",
}
"""What each right lets somebody do, as it ends the sentence “… may not”."""


def scope_of(right: Right) -> Scope | None:
    """The scope that a key needs for this right; None for what no key may do."""
    return next((scope for scope, rights in OF_SCOPE.items() if right in rights), None)


def roles_with(right: Right, *, beside: Role) -> list[Role]:
    """The roles on the same side, the client's or the fulfilment company's, that have this right."""
    side = CLIENT_ROLES if beside in CLIENT_ROLES else COMPANY_ROLES
    return [role for role in Role if role in side and right in RIGHTS[role]]
