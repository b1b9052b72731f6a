"""What many operations tell alike stands once in the document: headers, and the problems of each status."""

from typing import Any


def share_parts(document: dict[str, Any]) -> None:
    """Moves headers and problems into the document's components; whatever differs from the first stays where it is."""
    headers: dict[str, Any] = document["components"].setdefault("headers", {})
    responses: dict[str, Any] = document["components"].setdefault("responses", {})
    for operations in document["paths"].values():
        for operation in operations.values():
            answers = operation["responses"]
            for status, answer in answers.items():
                for name, header in answer.get("headers", {}).items():
                    answer["headers"][name] = _once(headers, name, header, "headers")
                if int(status) >= 400:
                    answers[status] = _once(responses, f"Problem{status}", answer, "responses")


def _once(parts: dict[str, Any], name: str, part: dict[str, Any], kind: str) -> dict[str, Any]:
    if parts.setdefault(name, part) != part:
        return part
    return {"$ref": f"#/components/{kind}/{name}"}
