"""What stands on a page, read as a browser without a script would read it."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

from django.http import HttpResponse
from django.test import Client as Visitor

Posted = dict[str, str | list[str]]


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    text: str = ""

    def __getitem__(self, name: str) -> str:
        return self.attributes.get(name, "")


@dataclass
class Form:
    """A form as it stands: where it goes, and what it would send."""

    action: str
    fields: Posted = field(default_factory=dict)
    buttons: list[Element] = field(default_factory=list)

    def send(self, visitor: Visitor, **changes: str | list[str]) -> HttpResponse:
        """Sends it with these fields changed."""
        response = visitor.post(self.action, {**self.fields, **changes})
        assert isinstance(response, HttpResponse)
        return response


class Page(HTMLParser):
    """The elements, forms and text of an answer."""

    _EMPTY = frozenset({"input", "meta", "link", "br", "img"})

    def __init__(self, response: object) -> None:
        super().__init__()
        assert isinstance(response, HttpResponse)
        self.elements: list[Element] = []
        self.forms: list[Form] = []
        self.text = ""
        self._open: list[Element] = []
        self._form: Form | None = None
        self._select = ""
        self.feed(response.content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.elements.append(element)
        if tag not in self._EMPTY:
            self._open.append(element)
        if tag == "form":
            self._form = Form(element["action"])
            self.forms.append(self._form)
        if self._form is not None:
            self._field(element, self._form)

    def _field(self, element: Element, form: Form) -> None:
        name, kind = element["name"], element["type"]
        if element.tag == "select":
            self._select = name
            form.fields[name] = ""
        elif element.tag == "option" and "selected" in element.attributes:
            form.fields[self._select] = element["value"]
        elif element.tag == "textarea":
            form.fields[name] = ""
        elif element.tag == "button":
            form.buttons.append(element)
        elif element.tag == "input" and name and (kind not in {"checkbox", "radio"} or "checked" in element.attributes):
            value = element.attributes.get("value", "on" if kind == "checkbox" else "")
            before = form.fields.get(name)
            form.fields[name] = value if before is None else [*_listed(before), value]

    def handle_endtag(self, tag: str) -> None:
        while tag in {element.tag for element in self._open}:
            if self._open.pop().tag == tag:
                break
        if tag == "form":
            self._form = None

    def handle_data(self, data: str) -> None:
        self.text += data
        for element in self._open:
            element.text += data
        if self._open and self._open[-1].tag == "textarea" and self._form is not None:
            self._form.fields[self._open[-1]["name"]] = self._open[-1].text.removeprefix("\n")

    def all(self, **attributes: str) -> list[Element]:
        """The elements with these attributes; `data_refusal=""` stands for any value."""
        wanted = {name.strip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [
            element
            for element in self.elements
            if all(
                name in element.attributes and value in ("", element.attributes[name]) for name, value in wanted.items()
            )
        ]

    def one(self, **attributes: str) -> Element:
        (element,) = self.all(**attributes)
        return element

    def form(self, action: str) -> Form:
        (form,) = [form for form in self.forms if form.action == action]
        return form

    @property
    def refusal(self) -> str:
        """The code of the refusal that the page tells; empty without one."""
        return "".join(element["data-refusal"] for element in self.all(data_refusal=""))

    @property
    def marked(self) -> dict[str, str]:
        """The fields that are marked as wrong, each with what describes the fault."""
        return {element["name"]: self.described(element) for element in self.all(aria_invalid="true")}

    def described(self, element: Element) -> str:
        texts = [
            " ".join(described.text.split())
            for name in element["aria-describedby"].split()
            for described in self.all(id=name)
            if "error" in name
        ]
        return " ".join(texts)


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
