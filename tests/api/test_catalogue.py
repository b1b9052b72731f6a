"""What a problem's type leads to, and what a program is told first."""

import re

from django.test import Client

from reship.api.urls import openapi_document
from tests.api.calling import api_of, refusal_of, said
from tests.world import World


def test_the_type_of_a_problem_leads_to_what_it_means(world: World) -> None:
    problem = said(api_of(world).post("/orders/9999/reshipments", {}))
    entry = said(Client().get(problem["type"]))
    assert entry["status"] == 404
    assert (entry["code"], entry["figures"]) == ("order_not_found", ["order"])
    assert entry in said(Client().get("/api/v1/problems"))["data"]
    assert refusal_of(Client().get("/api/v1/problems/nonsense")) == (404, "no_such_address")


def test_llms_txt_names_only_what_is_there(world: World) -> None:
    text = Client().get("/llms.txt").content.decode()
    for address in re.findall(r"\]\((/[^)]+)\)", text):
        assert Client().get(address).status_code == 200
    documented = set(openapi_document()["paths"])
    for method, path in re.findall(r"`(GET|POST) (/api/v1/[^`?]+)", text):
        assert method.lower() in openapi_document()["paths"].get(path, {}), f"{method} {path} of {sorted(documented)}"


def test_the_base_address_says_where_to_go_on(world: World) -> None:
    for address in ("/api/v1", "/api/v1/"):
        answer = Client().get(address)
        told = said(answer)
        assert (answer.status_code, told.pop("name"), told.pop("version")) == (200, "Reship", "1")
        assert [link for link in told.values() if Client().get(link).status_code != 200] == []
        assert set(told) == {"openapi", "problems", "llms"}
        assert refusal_of(Client().post(address, {}, content_type="application/json")) == (405, "method_not_allowed")
