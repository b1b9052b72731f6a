"""The one gate for JSON from outside."""

import pytest

from reship import strict_json
from reship.errors import Refusal


@pytest.mark.parametrize(
    ("body", "meant"),
    [
        ('{"a": [1, -2, 0.5, 1e3, true, null, "é\\u00e9\\ud83d\\ude00"], "b": {"a": 1}}'.encode(), None),
        (b"9223372036854775807", 2**63 - 1),
        (b"-9223372036854775808", -(2**63)),
        (b' "NaN, [[[ and \\"a\\": 1" ', 'NaN, [[[ and "a": 1'),
        (b'[{"a": 1}, {"a": 2}]', [{"a": 1}, {"a": 2}]),
        (b"[" * 32 + b"]" * 32, None),
        (b"[[],[],[]]", [[], [], []]),
    ],
)
def test_what_every_reader_of_json_agrees_on_gets_in(body: bytes, meant: object) -> None:
    value = strict_json.parse(body)
    assert meant is None or value == meant


@pytest.mark.parametrize(
    ("body", "offset"),
    [
        (b"", 0),
        (b"{", 1),
        (b'{"a": 1,}', 8),
        (b"[1] 2", 4),
        (b"{'a': 1}", 1),
        (b'["a]', 1),
        (b'["\x01"]', 2),
        (b'["\\x"]', 2),
        (b"[01]", 2),
        (b"[NaN]", 1),
        (b"[-Infinity]", 1),
        (b"[Infinity]", 1),
        (b"[1e999]", 1),
        (b"[9223372036854775808]", 1),
        (b"[-9223372036854775809]", 1),
        (b"[" + b"9" * 5000 + b"]", 1),
        (b"[0." + b"9" * 5000 + b"]", 1),
        (b'{"a": 1, "b": {"a": 1}, "a": 2}', 24),
        (b'{"a": 1, "\\u0061": 2}', 9),
        (b"[" * 33 + b"]" * 33, 32),
        (b"[" * 100_000, 32),
        (b'{"a":' * 100_000, 160),
        (b'["\\u0000"]', 1),
        (b'["\\ud800"]', 1),
        (b'["\\ude00\\ud83d"]', 1),
        (b'{"\\ud800": 1}', 1),
        (b'["\xc3\xa9", "\xff"]', 8),
        (b'["\xc3\xa9", NaN]', 7),
        (b'["\xed\xa0\x80"]', 2),
        (b"\xef\xbb\xbf{}", 0),
        (b"\xff\xfe{\x00}\x00", 0),
        (b'"' + b'\\"' * 200_000, 0),
        (b"]]]]", 0),
    ],
)
def test_everything_else_is_refused_with_its_place(body: bytes, offset: int) -> None:
    with pytest.raises(Refusal) as refusal:
        strict_json.parse(body)
    assert (refusal.value.code, refusal.value.figures["offset"]) == ("invalid_json", offset)


def test_a_body_is_measured_before_it_is_read() -> None:
    with pytest.raises(Refusal) as refusal:
        strict_json.parse(b"[" * 11, largest=10)
    assert (refusal.value.code, refusal.value.figures) == ("body_too_large", {"size": 11, "largest": 10})
