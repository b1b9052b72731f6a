"""How order numbers, SKUs and codes stand in an address, whatever characters they are made of."""

import re
import unicodedata

from django.urls import register_converter

LONGEST_NAME = 200
_ESCAPE = re.compile(r"~([0-9A-F]{2})")


class NameConverter:
    """`<name:…>`: one path segment for a name that may hold a slash, or be a dot.

    A server hands paths over decoded, so `%2F` could not be told from a slash: names have an escape of their own,
    `~2F`. What cannot be the name of anything (control characters, halves of surrogate pairs, far too long) matches no
    address, and so never reaches the database.
    """

    regex = "[^/]+"

    def to_python(self, value: str) -> str:
        name = _ESCAPE.sub(lambda escaped: chr(int(escaped[1], 16)), value)
        if len(name) > LONGEST_NAME or self.to_url(name) != value:
            raise ValueError
        if any(unicodedata.category(character) in {"Cc", "Cs"} for character in name):
            raise ValueError
        return name

    def to_url(self, name: str) -> str:
        escaped = name.replace("~", "~7E").replace("/", "~2F")
        # Browsers take segments of dots for steps up and down.
        return escaped.replace(".", "~2E") if set(escaped) <= {"."} else escaped


register_converter(NameConverter, "name")
