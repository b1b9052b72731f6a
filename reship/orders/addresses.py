"""Where a parcel goes: the address as a value, and as columns of orders and shipments."""

from dataclasses import dataclass, fields
from typing import Self

from django.db import models

from reship.errors import Refusal
from reship.intake import text


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address. `country` is an ISO 3166-1 alpha-2 code; every part may be empty in old or imported data."""

    recipient: str = ""
    company: str = ""
    street_1: str = ""
    street_2: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""
    phone: str = ""

    @property
    def lines(self) -> list[str]:
        """As on a label, without empty lines."""
        town = " ".join(part for part in (self.city, self.region, self.postal_code) if part)
        return [
            part for part in (self.recipient, self.company, self.street_1, self.street_2, town, self.country) if part
        ]


LONGEST = {
    "recipient": 200,
    "company": 200,
    "street_1": 200,
    "street_2": 200,
    "city": 120,
    "region": 120,
    "postal_code": 20,
    "country": 2,
    "phone": 40,
}
ADDRESS_FIELDS = tuple(field.name for field in fields(Address))


class Addressed(models.Model):
    """The columns of an address."""

    recipient = models.CharField(max_length=200, blank=True)
    company = models.CharField(max_length=200, blank=True)
    street_1 = models.CharField(max_length=200, blank=True)
    street_2 = models.CharField(max_length=200, blank=True)
    city = models.CharField(max_length=120, blank=True)
    region = models.CharField(max_length=120, blank=True)
    postal_code = models.CharField(max_length=20, blank=True)
    country = models.CharField(max_length=2, blank=True)
    phone = models.CharField(max_length=40, blank=True)

    class Meta:
        abstract = True

    @property
    def address(self) -> Address:
        return Address(*(getattr(self, name) for name in ADDRESS_FIELDS))

    def set_address(self, address: Address) -> Self:
        for name in ADDRESS_FIELDS:
            setattr(self, name, getattr(address, name))
        return self


def checked_address(address: Address) -> Address:
    """The address with clean text. Refuses `invalid_text`, with the field; a country is a two-letter code."""
    cleaned = {name: text(getattr(address, name), field=name, longest=longest) for name, longest in LONGEST.items()}
    country = cleaned["country"].upper()
    if country and not (country.isascii() and country.isalpha() and len(country) == 2):
        raise Refusal("invalid_text", f"country must be a two-letter code, not “{country}”.", field="country")
    return Address(**{**cleaned, "country": country})
