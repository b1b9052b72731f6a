"""docs/openapi.json is what the API answers, is valid, and declares every error; RESHIP_WRITE_OPENAPI=1 writes it."""

import json
import os
from pathlib import Path

from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate

from reship.api.urls import openapi_document

FILE = Path(__file__).parent.parent.parent / "docs" / "openapi.json"
OF_EVERY_OPERATION = {"400", "401", "403", "404", "422", "429"}
OF_DEEDS = OF_EVERY_OPERATION | {"409", "413", "415"}


def test_the_committed_document_is_current() -> None:
    document = json.loads(json.dumps(openapi_document()))
    if os.environ.get("RESHIP_WRITE_OPENAPI"):
        FILE.write_text(json.dumps(document, indent=1) + "\n")
    assert json.loads(FILE.read_text()) == document


def test_the_document_is_valid_openapi_3_1() -> None:
    document = openapi_document()
    assert document["openapi"].startswith("3.1.")
    validate(json.loads(json.dumps(document)))


def test_every_operation_declares_its_errors_its_key_and_its_scope() -> None:
    for path, operations in openapi_document()["paths"].items():
        for method, operation in operations.items():
            if path.endswith("/oauth/token"):
                continue  # RFC 6749 has errors of its own, and takes the key itself.
            declared = {str(status) for status in operation["responses"]}
            missing = (OF_EVERY_OPERATION if method == "get" else OF_DEEDS) - declared
            assert not missing, f"{method} {path} does not declare {missing}"
            assert operation["security"] == [{"ApiKey": []}], f"{method} {path} asks for no key"
            assert operation["x-scope"], f"{method} {path} names no scope"
            if method == "post":
                assert "Idempotency-Key" in {parameter["name"] for parameter in operation["parameters"]}, path


def test_every_body_has_an_example_that_fits_its_schema() -> None:
    document = json.loads(json.dumps(openapi_document()))
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
            for media in (media for body in bodies for media in body.get("content", {}).values()):
                examples = [of["value"] for of in media.get("examples", {}).values()] or [media["example"]]
                schema = {**media["schema"], "components": document["components"]}
                for example in examples:
                    errors = list(OAS31Validator(schema).iter_errors(example))
                    assert not errors, f"{method} {path}: {errors[0].message}"


def test_every_link_leads_to_an_operation_and_says_what_that_needs() -> None:
    paths = openapi_document()["paths"]
    needed = {
        operation["operationId"]: {parameter["name"] for parameter in operation["parameters"]}
        for operations in paths.values()
        for operation in operations.values()
        if "parameters" in operation
    }
    links = [
        link
        for operations in paths.values()
        for operation in operations.values()
        for answer in operation["responses"].values()
        for link in answer.get("links", {}).values()
    ]
    assert links
    for link in links:
        given = {name.rpartition(".")[2] for name in link["parameters"]}
        assert given <= needed[link["operationId"]], link


def test_asking_for_the_document_twice_tells_the_same() -> None:
    assert openapi_document() == openapi_document()
