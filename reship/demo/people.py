"""The people of the demo: all invented, and made to look it."""

from reship.clients.models import Client, User
from reship.clients.roles import Role
from reship.orders.addresses import Address

PASSWORD = "try-reship"  # noqa: S105  # The demo is open to everybody, and prints it.

_FIRST = (
    "Alma", "Bruno", "Cleo", "Dario", "Edda", "Felix", "Greta", "Hugo", "Ines", "Jonas", "Kaia", "Leon", "Mila", "Nils",
    "Oda", "Pavel", "Quinn", "Rosa", "Sami", "Tilda", "Umar", "Vera", "Willa", "Xenia", "Yusuf", "Zora",
)  # fmt: skip
_LAST = ("Example", "Sample", "Placeholder", "Specimen", "Testly", "Mockford", "Dummyson", "Fictive", "Imaginer")
_STREETS = ("Example Street", "Sample Lane", "Placeholder Road", "Specimen Square", "Fiction Avenue")
_TOWNS = (
    ("Sampleton", "BX1 1ZZ"),
    ("Exampleford", "BX2 2ZZ"),
    ("Mockbridge", "BX3 3ZZ"),
    ("Testwick", "BX4 4ZZ"),
)


def customer(number: int) -> tuple[str, str, Address]:
    """Name, e-mail and address of the n-th invented customer; the postal codes are of no street: BX is for banks."""
    first, last = _FIRST[number % len(_FIRST)], _LAST[number // 3 % len(_LAST)]
    town, postal_code = _TOWNS[number % len(_TOWNS)]
    name = f"{first} {last}"
    address = Address(
        recipient=name,
        street_1=f"{1 + number % 97} {_STREETS[number % len(_STREETS)]}",
        city=town,
        postal_code=postal_code,
        country="GB",
        phone=f"+44 1632 96{number % 10000:04d}",
    )
    return name, f"{first}.{last}@mail.example".lower(), address


def hire(gifts: Client, hobby: Client) -> dict[str, User]:
    """Makes the demo's users, by what they are called here."""

    def user(email: str, name: str, role: Role, client: Client | None = None) -> User:
        return User.objects.create_user(f"{email}@demo.example", name=name, role=role, client=client, password=PASSWORD)

    return {
        "agent": user("agent", "Anna Agent", Role.AGENT, gifts),
        "manager": user("manager", "Max Manager", Role.MANAGER, gifts),
        "viewer": user("viewer", "Vito Viewer", Role.VIEWER, gifts),
        "hobby": user("hobby", "Hanna Hobby", Role.MANAGER, hobby),
        "packer": user("packer", "Pia Packer", Role.PACKER),
        "operator": user("operator", "Otis Operator", Role.OPERATOR),
        "admin": user("admin", "Ada Admin", Role.ADMIN),
    }
