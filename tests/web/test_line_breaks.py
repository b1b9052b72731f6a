"""Where a long word may break."""

import pytest

from reship.web.templatetags.line_breaks import breakable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("jane.doe@mail.example", "jane.doe<wbr>@mail.example"),
        ("Europe/London", "Europe/<wbr>London"),
        ("<b>@x&y", "&lt;b&gt;<wbr>@x&amp;y"),
        ("", ""),
    ],
)
def test_it_breaks_at_its_joints_and_stays_text(text: str, shown: str) -> None:
    assert breakable(text) == shown
