"""Spellings of what somebody typed, for databases that compare text by its bytes."""


def whole_spellings(search: str) -> list[str]:
    """For codes, compared whole so that an index is used: as typed, and in capital and small letters."""
    return sorted({search, search.upper(), search.lower()})


def part_spellings(search: str) -> list[str]:
    """For names, looked for within. SQLite's LIKE tells Å from å, though not A from a; PostgreSQL tells neither."""
    return [search] if search.isascii() else sorted({search, search.lower(), search.upper(), search.title()})
