"""What every rule of Reship says when it says no."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")

Figure = None | bool | int | str | Sequence["Figure"] | Mapping[str, "Figure"]


class Refusal(Exception):
    """A rule said no: nothing was written.

    `code` is stable and documented, `message` is one sentence for a person, and `figures` are the
    numbers and names that the reader needs to decide what to do next.
    """

    def __init__(self, code: str, message: str, **figures: Figure) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.figures: dict[str, Figure] = figures

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"

    def as_json(self) -> dict[str, Figure]:
        """The refusal as the doors show it: `code`, `message`, `figures`."""
        return {"code": self.code, "message": self.message, "figures": self.figures}


def result_of(outcomes: Sequence[T | Refusal]) -> T:
    """The single outcome of a batch of one; raises it when it is a refusal."""
    (outcome,) = outcomes
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome
