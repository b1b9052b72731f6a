"""The postal rules of countries, and what they say about an address that a person enters."""

from dataclasses import replace

import pytest
from django_countries import countries

from reship.errors import Refusal
from reship.orders.addresses import Address
from reship.orders.postal import entered_address, moved_to, rules_of, tidied, wrong_parts
from tests.world import JANE, refused

BERLIN = Address("Jana Doe", street_1="Hauptstraße 1", city="Berlin", postal_code="10115", country="DE")
LONDON = Address("Jane Doe", street_1="1 High Street", city="London", postal_code="EC1Y 8SY", country="GB")
TOKYO = Address("山田太郎", street_1="渋谷区神南1-1", region="東京都", postal_code="150-0001", country="JP")


def named(country: str) -> list[tuple[str, bool]]:
    """What follows the street in a country: what it is called, and whether it is required."""
    return [(part.label, part.is_required) for part in rules_of(country).parts[4:]]


@pytest.mark.parametrize(
    ("country", "parts"),
    [
        ("US", [("City", True), ("State", True), ("ZIP code", True)]),
        ("GB", [("Post town", True), ("Postcode", True)]),
        ("DE", [("Postal code (PLZ)", True), ("City", True)]),
        ("JP", [("Prefecture", True), ("Postal code", True)]),
        ("IE", [("City", True), ("County", False), ("Eircode", False)]),
        ("AE", [("Emirate", True)]),
        ("", [("City", False), ("Region or state", False), ("Postal code", False)]),
    ],
)
def test_a_country_has_its_own_parts_in_its_own_order(country: str, parts: list[tuple[str, bool]]) -> None:
    assert named(country) == parts


def test_every_country_that_can_be_chosen_has_rules_that_its_examples_fit() -> None:
    unfit = []
    for country in countries.countries:
        rules = rules_of(country)
        assert rules.country == country
        assert rules.part("street_1"), country
        if rules.postal_code and not rules.postal_code.fullmatch(rules.example):
            unfit.append((country, rules.example))
        unfit += [(country, region.value) for region in rules.regions if rules.region(region.value) != region]
    assert unfit == []


@pytest.mark.parametrize("address", [JANE, BERLIN, LONDON, TOKYO, replace(LONDON, region="Kent")])
def test_a_good_address_is_taken(address: Address) -> None:
    assert entered_address(address) == address


@pytest.mark.parametrize(
    ("given", "changes", "wrong"),
    [
        (JANE, {"region": ""}, {"region": "State is missing."}),
        (JANE, {"region": "Ile"}, {"region": "“Ile” is no state of United States of America."}),
        (JANE, {"postal_code": "10001"}, {"postal_code": "“10001” is no ZIP code of Illinois; one looks like 60000."}),
        (JANE, {"postal_code": "٦٢٧٠١"}, {"postal_code": "is no ZIP code of United States of America"}),
        (JANE, {"phone": "12"}, {"phone": "“12” is no number of United States of America"}),
        (BERLIN, {"postal_code": "1011"}, {"postal_code": "“1011” is no postal code (PLZ) of Germany; one looks like"}),
        (BERLIN, {"postal_code": "10115\n"}, {}),
        (BERLIN, {"recipient": ""}, {"recipient": "Name a recipient or a company."}),
        (BERLIN, {"recipient": "", "company": "Doe GmbH"}, {}),
        (BERLIN, {"country": ""}, {"country": "Choose a country."}),
        (BERLIN, {"country": "ZX"}, {"country": "There is no country ZX."}),
        (BERLIN, {"country": "ZZ"}, {"country": "There is no country ZZ."}),
        (TOKYO, {"street_1": "", "region": "Tokio"}, {"street_1": "Street is missing.", "region": "no prefecture of"}),
    ],
)
def test_what_does_not_fit_is_told_at_its_part(given: Address, changes: dict[str, str], wrong: dict[str, str]) -> None:
    told = wrong_parts(tidied(replace(given, **changes)))
    assert list(told) == list(wrong)
    assert all(words in told[name] for name, words in wrong.items()), told


@pytest.mark.parametrize(
    ("given", "changes", "written"),
    [
        (JANE, {"region": "illinois", "postal_code": "62701 1234"}, {"region": "IL", "postal_code": "62701 1234"}),
        (BERLIN, {"postal_code": "D–10115"}, {"postal_code": "10115"}),
        (LONDON, {"postal_code": " ec1y8sy"}, {"postal_code": "EC1Y8SY"}),
        (TOKYO, {"postal_code": "１５０−０００１", "region": "Tokyo"}, {"postal_code": "150-0001", "region": "Tokyo"}),
        (LONDON, {"country": "gb"}, {"country": "GB"}),
    ],
)
def test_codes_are_written_as_their_country_writes_them(
    given: Address, changes: dict[str, str], written: dict[str, str]
) -> None:
    assert entered_address(replace(given, **changes)) == replace(given, **written)


def test_an_address_that_stood_there_before_may_stay() -> None:
    old = replace(JANE, region="", postal_code="1")
    assert entered_address(old, before=[old]) == old
    with refused(
        "invalid_address",
        country="US",
        parts={
            "region": "State is missing.",
            "postal_code": "“1” is no ZIP code of United States of America; one looks like 95014.",
        },
    ):
        entered_address(replace(old, city="Shelbyville"), before=[old])


def test_text_that_cannot_be_stored_is_refused_before_the_rules_are_asked() -> None:
    with pytest.raises(Refusal, match="invalid_text"):
        entered_address(replace(BERLIN, city="a\x00b"))


def test_a_region_of_the_old_country_is_not_taken_to_the_new_one() -> None:
    assert moved_to(replace(JANE, country="DE"), before="US").region == ""
    assert moved_to(replace(LONDON, country="DE", region="Kent"), before="GB").region == "Kent"
    assert moved_to(replace(JANE, country="CA", region="BC"), before="CA").region == "BC"
