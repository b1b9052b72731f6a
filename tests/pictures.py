"""Pictures as people upload them, made small."""

from io import BytesIO

from PIL import Image

from reship.fulfilment.photo import Upload

ORIENTATION, CAMERA = 0x0112, 0x0110


def picture(
    kind: str = "JPEG", *, size: tuple[int, int] = (40, 20), colour: str = "red", name: str = "", turned: bool = False
) -> Upload:
    """The left half in the colour, the right half white. `turned` says that its top is at the right."""
    image = Image.new("RGB", size, "white")
    image.paste(colour, (0, 0, size[0] // 2, size[1]))
    exif = Image.Exif()
    exif[CAMERA] = "Secret Camera 3000"
    if turned:
        exif[ORIENTATION] = 6
    target = BytesIO()
    image.save(target, kind, exif=exif)
    return Upload(name or f"photo.{kind.lower()}", target.getvalue())
