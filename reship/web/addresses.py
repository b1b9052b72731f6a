"""The address of a list: its whole state, and nothing that is empty."""

from dataclasses import dataclass
from typing import Self

from django import forms
from django.utils.http import urlencode


@dataclass(frozen=True)
class ListAddress:
    """A path with the parameters that are set."""

    path: str
    parameters: dict[str, str]

    @classmethod
    def of(cls, path: str, form: forms.Form) -> Self:
        """What the form was given and understood."""
        given = {name: form.data.get(name, "").strip() for name in form.fields if name not in form.errors}
        return cls(path, {name: value for name, value in given.items() if value})

    def having(self, **changes: str) -> str:
        """The same list with other parameters; an empty one goes away."""
        parameters = {name: value for name, value in {**self.parameters, **changes}.items() if value}
        return f"{self.path}?{urlencode(parameters)}" if parameters else self.path

    def __str__(self) -> str:
        return self.having()
