"""Papers as others see them: a page as a picture, its codes as a scanner reads them, its text as a viewer copies it."""

import pypdfium2
import zxingcpp
from PIL import Image


def pictures(pdf: bytes) -> list[Image.Image]:
    """Each page at 144 dots per inch, in grey."""
    return [page.render(scale=2).to_pil().convert("L") for page in pypdfium2.PdfDocument(pdf)]


def codes(*images: Image.Image) -> list[str]:
    """What a scanner reads on these pictures, in order of the values, each as `Code 128 1042-1`."""
    return sorted(f"{code.format} {code.text}" for image in images for code in zxingcpp.read_barcodes(image))


def words_on(pdf: bytes) -> list[str]:
    """Each page's text, its white space made single."""
    return [" ".join(page.get_textpage().get_text_range().split()) for page in pypdfium2.PdfDocument(pdf)]


def ink_outside(image: Image.Image, *, edge: int) -> bool:
    """Whether anything is drawn within `edge` dots of the page's edge."""
    inside = image.copy()
    inside.paste(255, (edge, edge, image.width - edge, image.height - edge))
    return any(inside.histogram()[:255])
