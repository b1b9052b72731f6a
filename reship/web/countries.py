"""Countries for people: by their names instead of their codes."""

from dataclasses import replace
from functools import cache

from django_countries import countries

from reship.orders.addresses import Address


def label_lines(address: Address) -> tuple[str, ...]:
    """The address as on a label, with the country's name."""
    name = str(countries.name(address.country)) if address.country else ""
    return tuple(replace(address, country=name or address.country).lines)


def country_choices(current: str) -> list[tuple[str, str]]:
    """Every country by its name; a code that is not among them stays to choose, as old data may hold it."""
    known = _known()
    others = [] if not current or current in dict(known) else [(current, current)]
    return [("", "–"), *others, *known]


@cache
def _known() -> list[tuple[str, str]]:
    """In the order of their names, which takes 10 ms to find."""
    return [(str(code), str(name)) for code, name in countries]
