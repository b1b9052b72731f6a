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
