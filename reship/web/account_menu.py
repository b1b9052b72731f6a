"""What stands in the menu of the person who is signed in."""

from dataclasses import dataclass

from django.urls import reverse

from reship.clients.access import Actor
from reship.clients.roles import Right


@dataclass(frozen=True, slots=True)
class MenuEntry:
    label: str
    icon: str
    address: str


def account_menu(actor: Actor) -> list[MenuEntry]:
    """Only what this person may open."""
    settings = ("Clients", "building-2") if actor.is_of_company else ("Settings", "settings")
    offered = (
        (Right.VIEW, "Your account", "user", "account"),
        (Right.PEOPLE, "People", "users", "people"),
        (Right.PEOPLE, "Activity", "history", "activity"),
        (Right.SEE_CLIENT_SETTINGS, *settings, "clients"),
        (Right.SETTINGS, "Warehouses", "warehouse", "warehouses"),
        (Right.VIEW, "API", "link", "developers"),
    )
    return [MenuEntry(label, icon, reverse(f"web:{page}")) for right, label, icon, page in offered if actor.may(right)]
