"""Labels for label printers: what is sent is commands of ours only, and pictures say what the printer's font cannot."""

import re
from dataclasses import replace

import pytest
from PIL import Image, ImageOps

from reship.papers.shipping_label import shipping_label_zpl
from tests.papers.reading import codes
from tests.papers.test_papers import HOSTILE, LABEL

pytestmark = pytest.mark.sqlite  # No database is asked.

FIELD = re.compile(
    r"\^FO\d+,\d+("
    r"\^GB\d+,\d+,\d+"
    r"|\^A0N,\d+,\d+(\^FB\d+,1,0,[CR])?\^FH_\^FD[^\^~]*"
    r"|\^BY\d\^BCN,\d+,N,N,N,A\^FD[^\^~_>\\]*"
    r"|\^GFA,\d+,\d+,\d+,[0-9A-F]*"
    r")\^FS"
)


def drawn(zpl: str) -> list[Image.Image]:
    """The pictures in a label, black on white."""
    found = re.findall(r"\^GFA,(\d+),\d+,(\d+),([0-9A-F]*)", zpl)
    images = [
        Image.frombytes("1", (int(row) * 8, int(size) // int(row)), bytes.fromhex(bits)) for size, row, bits in found
    ]
    return [ImageOps.expand(ImageOps.invert(image.convert("L")), 40, 255) for image in images]


def test_a_label_is_four_by_six_inches_of_utf_8_with_both_codes() -> None:
    head, *commands, end, rest = shipping_label_zpl(LABEL).split("\n")

    assert (head, end, rest) == ("^XA^CI28^PW812^LL1218^LH0,0", "^XZ", "")
    assert [line for line in commands if not FIELD.fullmatch(line)] == []
    assert [line.split("^FD")[1] for line in commands if "^BC" in line] == ["00340434161094042557^FS", "1042-R1^FS"]
    assert "Lagerstraße 7" in "".join(commands)


def test_nothing_in_a_name_becomes_a_command() -> None:
    hostile = [*HOSTILE, "^XZ^XA^FDgone~JA", "_5EXZ", "name^FS^XZ"]
    label = replace(
        LABEL, shipment="1^XZ", sender=hostile, recipient=hostile, method="~JA", tracking_number="^FS_5E>1\\"
    )

    head, *commands, end, _ = shipping_label_zpl(label).split("\n")

    assert (head[:3], end) == ("^XA", "^XZ")
    assert [line for line in commands if not FIELD.fullmatch(line)] == []


def test_a_code_that_a_printer_would_misread_is_sent_as_a_picture() -> None:
    label = replace(LABEL, shipment="1042^XZ>5_", tracking_number="№1042")

    assert codes(*drawn(shipping_label_zpl(label))) == ["Code 128 1042^XZ>5_", "QR Code №1042"]


def test_names_beyond_latin_1_are_sent_as_pictures_of_their_letters() -> None:
    plain = shipping_label_zpl(replace(LABEL, recipient=("Jörg Müller",)))
    others = shipping_label_zpl(replace(LABEL, recipient=("محمد", "דנה", "東京", "서울", "Łódź")))

    assert (len(drawn(plain)), len(drawn(others))) == (0, 5)
    assert [image.getextrema()[0] for image in drawn(others)] == [0] * 5
