"""Countries for people: by their names instead of their codes."""

from dataclasses import replace

from django_countries import countries

from reship.orders.addresses import Address


def label_lines(address: Address) -> tuple[str, ...]:
    """The address as on a label, with the country's name."""
    name = str(countries.name(address.country)) if address.country else ""
    return tuple(replace(address, country=name or address.country).lines)


def country_choices(current: str) -> list[tuple[str, str]]:
    """Every country by its name; a code that is not among them stays to choose, as old data may hold it."""
    known = [(str(code), str(name)) for code, name in countries]
    others = [] if not current or current in dict(known) else [(current, current)]
    return [("", "–"), *others, *known]
