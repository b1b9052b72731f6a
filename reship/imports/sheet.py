"""A file of rows from somebody else's system: opened, decoded and split into cells, or refused with the line.

Only a small part of the file is in memory at a time. Lines are counted from 1, as editors do; the first one names the
columns. Bytes are counted in what is in the file once it is unpacked.
"""

import csv
import gzip
import lzma
import unicodedata
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from reship.errors import Refusal

LONGEST_LINE = 100_000
"""In bytes. A file without line ends must not be read into memory whole."""

Progress = Callable[[int, int], None]
"""Told how many bytes of how many have been read, as the file lies on disk."""

MOST_LINES_IN_A_ROW = 500

_ROWS_BETWEEN_PROGRESS = 2_000
_BYTE_ORDER_MARK = "\ufeff"
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How .xlsx and .ods files begin, which are ZIP files, and old .xls files."""


class Row(NamedTuple):
    """One line's cells by column; `line` is where it stands in the file."""

    line: int
    cells: dict[str, str]


def read_columns(path: Path, *, separators: str = ",", may_be_packed: bool = True) -> list[str]:
    """The names in the first line. Refuses `file_not_found`, `file_unreadable`, `empty_file`, and as `read_rows`."""
    with _opened(path, may_be_packed=may_be_packed) as (file, _):
        columns = next(_cells(_lines(file), separators), None)
    if columns is None:
        raise Refusal("empty_file", "The file is empty.")
    return [name.strip() for name in columns[1]]


def read_rows(
    path: Path,
    *,
    separators: str = ",",
    may_be_packed: bool = True,
    reads: Callable[[str], bool] = lambda column: True,
    has_long_cells: bool = False,
    progress: Progress = lambda read, size: None,
) -> Iterator[Row]:
    """Every row after the first. Of several `separators`, the one that the first line has most of separates the cells.

    Only the columns that somebody `reads` are kept. With `has_long_cells`, a cell may hold line ends: its quote is then
    closed in a later line, before a line that has the cells of a whole row, and within 500 lines and 100,000 bytes.

    Refuses `file_not_found`, `file_unreadable`, `file_damaged` (a packed file that is cut short or broken), `not_csv`
    for a workbook, `not_utf8` with the first bad byte's offset, `control_character`, `line_too_long`, and
    `malformed_csv`, each with the line.
    """
    columns = read_columns(path, separators=separators, may_be_packed=may_be_packed)
    kept = [(name, place) for place, name in enumerate(columns) if reads(name)]
    with _opened(path, may_be_packed=may_be_packed) as (file, position):
        rows = _cells(_lines(file), separators, has_long_cells=has_long_cells)
        next(rows)
        for count, (line, cells) in enumerate(rows):
            if count % _ROWS_BETWEEN_PROGRESS == 0:
                progress(*position())
            if len(cells) != len(columns):
                raise Refusal(
                    "malformed_csv",
                    f"Line {line} has {len(cells)} cells; the first line names {len(columns)} columns.",
                    line=line,
                    cells=len(cells),
                    columns=len(columns),
                )
            yield Row(line, {name: cells[place] for name, place in kept})
        progress(*position())


def read_lines(source: Path | BinaryIO) -> Iterator[str]:
    """Every line of a file, or of what is open already, without its end. Refuses as `read_rows`, but for the cells."""
    if isinstance(source, Path):
        with _opened(source, may_be_packed=True) as (file, _):
            yield from read_lines(file)
    else:
        yield from (line.rstrip("\r\n") for line in _lines(source))


def check_columns(
    columns: list[str], *, required: Collection[str], optional: Collection[str] = (), of: str = ""
) -> None:
    """Refuses `wrong_columns` with those that are missing, unknown, or there twice; `of` is whose columns they are."""
    known = {*required, *optional}
    missing = [name for name in required if name not in columns]
    unknown = [name for name in columns if name not in known]
    twice = sorted({name for name in columns if columns.count(name) > 1})
    said = [
        f"{what}: {', '.join(name or '(no name)' for name in names)}"
        for what, names in (("missing", missing), ("unknown", unknown), ("named twice", twice))
        if names
    ]
    if said:
        raise Refusal(
            "wrong_columns",
            f"The first line must name the columns{of}, separated by commas. {'; '.join(said).capitalize()}.",
            line=1,
            missing=missing,
            unknown=unknown,
            twice=twice,
        )


@contextmanager
def _opened(path: Path, *, may_be_packed: bool) -> Iterator[tuple[BinaryIO, Callable[[], tuple[int, int]]]]:
    """The unpacked content of a plain, .gz or .xz file, told apart by how it begins; and how far the disk was read."""
    try:
        if not path.is_file():
            code, said = ("file_unreadable", "is no file") if path.exists() else ("file_not_found", "does not exist")
            raise Refusal(code, f"{path} {said}.", file=str(path))
        with path.open("rb") as raw:
            size = path.stat().st_size
            yield _unpacked(raw) if may_be_packed else raw, lambda: (raw.tell(), size)
    except (EOFError, lzma.LZMAError, zlib.error, gzip.BadGzipFile) as error:
        raise Refusal(
            "file_damaged",
            f"{path.name} cannot be unpacked to its end; it is cut short or damaged: {str(error).rstrip('.')}.",
            file=path.name,
        ) from error
    except OSError as error:
        raise Refusal("file_unreadable", f"{path} cannot be read: {error.strerror}.", file=str(path)) from error


def _unpacked(raw: BinaryIO) -> BinaryIO:
    start = raw.read(6)
    raw.seek(0)
    if start.startswith(b"\x1f\x8b"):
        return cast(BinaryIO, gzip.open(raw))
    if start == b"\xfd7zXZ\x00":
        return cast(BinaryIO, lzma.open(raw))
    return raw


def _lines(file: BinaryIO) -> Iterator[str]:
    number = offset = 0
    while raw := file.readline(LONGEST_LINE + 1):
        number += 1
        if number == 1 and raw.startswith(_WORKBOOKS):
            raise _workbook()
        if len(raw) > LONGEST_LINE:
            raise Refusal(
                "line_too_long",
                f"Line {number} is longer than {LONGEST_LINE:,} bytes.",
                line=number,
                longest=LONGEST_LINE,
            )
        try:
            line = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise _not_utf8(number, offset + error.start, raw[error.start]) from error
        if number == 1:
            line = line.removeprefix(_BYTE_ORDER_MARK)
        _check_characters(line.rstrip("\r\n"), number)
        yield line
        offset += len(raw)


def _workbook() -> Refusal:
    return Refusal(
        "not_csv",
        "The file is a workbook, such as .xlsx, and not CSV. Open it in a spreadsheet program, save the sheet as "
        "“CSV UTF-8”, and take that file.",
        line=1,
    )


def _not_utf8(line: int, offset: int, byte: int) -> Refusal:
    return Refusal(
        "not_utf8",
        f"The file is not UTF-8: byte {offset:,} (0x{byte:02x}, in line {line}) is not part of any character. "
        "Save it as UTF-8.",
        line=line,
        offset=offset,
        byte=f"0x{byte:02x}",
    )


def _check_characters(line: str, number: int) -> None:
    if line.isprintable():  # Nearly every line is.
        return
    for position, character in enumerate(line, start=1):
        if unicodedata.category(character) == "Cc" and character != "\t":
            raise Refusal(
                "control_character",
                f"Line {number} contains U+{ord(character):04X} at character {position}, which cannot be text.",
                line=number,
                position=position,
                character=f"U+{ord(character):04X}",
            )


def _cells(lines: Iterator[str], separators: str, *, has_long_cells: bool = False) -> Iterator[tuple[int, list[str]]]:
    """Splits each line by itself: a quote that is left open would swallow the rows after it without an error.

    With `has_long_cells`, a row may go on in further lines, as long as none of them could be a row of its own.
    """
    first = next(lines, None)
    if first is None:
        return
    separator = max(separators, key=first.count)
    watched = _Watched(chain([first], lines), separator, first.count(separator)) if has_long_cells else None
    reader = csv.reader(watched or chain([first], lines), strict=True, delimiter=separator)
    while True:
        line = reader.line_num + 1
        if watched:
            watched.begin_row()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if reader.line_num > line or "end of data" in str(error):
                raise _open_quote(line) from error
            raise Refusal("malformed_csv", f"Line {line}: {error}.", line=line) from error
        if reader.line_num > line and not watched:
            raise _open_quote(line)
        if cells:  # An empty line is no row.
            yield line, cells


class _Watched:
    """Lines for a reader of rows. Refuses those that a row cannot go on with: then a quote was left open."""

    def __init__(self, lines: Iterator[str], separator: str, separators_in_a_row: int) -> None:
        self._lines = lines
        self._separator = separator
        self._most = separators_in_a_row
        self._number = self._first = 0
        self._length = 0

    def begin_row(self) -> None:
        self._first = self._number + 1
        self._length = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self._number += 1
        self._length += len(line)
        if self._number > self._first and (
            line.count(self._separator) >= self._most
            or self._number - self._first >= MOST_LINES_IN_A_ROW
            or self._length > LONGEST_LINE
        ):
            raise _open_quote(self._first)
        return line


def _open_quote(line: int) -> Refusal:
    return Refusal("malformed_csv", f"Line {line}: a quote that is opened in this line is not closed in it.", line=line)
