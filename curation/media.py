"""Media files: reading their bytes where they lie, looking at them safely, and decoding them to pixels."""

import hashlib
import io
import warnings
from pathlib import Path

import PIL.ExifTags
import PIL.Image
import PIL.ImageOps

from curation import ranged
from curation.document import Media
from curation.errors import MediaError

FORMATS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}
MAX_PIXELS = 64_000_000  # more than any photograph on the web that is one picture; decoding it takes 200 MB


def read(media: Media) -> bytes:
    """The media's encoded bytes. Raises MediaError if they are missing or are no longer those that were recorded."""
    data = read_bytes(media.uri, media.offset, media.length)
    if hashlib.sha256(data).hexdigest() != media.sha256:
        raise MediaError("altered", f"{media.uri}: its bytes are not those recorded (sha256 differs)")
    return data


def read_bytes(uri: str, offset: int = 0, length: int | None = None, version: str = "") -> bytes:
    """`length` bytes at `offset` (all that follow if None) of a local path or of any URI that smart_open reads.

    `version`: the digest of the whole file, where it is known (see `curation.ranged`). Raises MediaError with the
    reason `missing` or `unreadable`.
    """
    try:
        if length is not None and "://" in uri:
            return ranged.read(uri, offset, length, version)
        with open_uri(uri) as file:
            file.seek(offset)
            return file.read(-1 if length is None else length)
    except FileNotFoundError as error:
        raise MediaError("missing", f"{uri}: no such file") from error
    except OSError as error:
        raise MediaError("unreadable", f"{uri}: {error}") from error


def open_uri(uri: str):
    """A binary file open for reading: a local path, or s3:// (boto3), gs:// and the like through smart_open."""
    if "://" not in uri:
        return Path(uri).open("rb")
    import smart_open

    return smart_open.open(uri, "rb")


def probe(data: bytes, origin: str, uri: str, max_pixels: int = MAX_PIXELS) -> Media:
    """Decodes an image once to know that it is whole; the reference to it that a document carries.

    Raises MediaError as `load` does.
    """
    return describe(load(data, origin, max_pixels), data, origin, uri)


def describe(image: PIL.Image.Image, data: bytes, origin: str = "", uri: str = "") -> Media:
    """The reference to an image that `load` made of `data`."""
    width, height = PIL.ImageOps.exif_transpose(image).size
    digest = hashlib.sha256(data).hexdigest()
    return Media("image", FORMATS[str(image.format)], width, height, digest, origin, uri, 0, len(data))


def load(data: bytes, origin: str, max_pixels: int = MAX_PIXELS) -> PIL.Image.Image:
    """An image of a format that is kept, whole and decoded, as it is stored: neither turned nor converted.

    Raises MediaError with a reason: `svg`, `format`, `animated`, `too large`, `truncated` or `corrupt`. The size is
    taken from the header before any pixel is decoded, so a decompression bomb costs nothing.
    """
    if b"<svg" in data[:1024].lower():
        raise MediaError("svg", f"{origin}: a vector drawing; only {', '.join(FORMATS.values())} are kept")
    image = _open(data, origin)
    _check_size(image, origin, max_pixels)
    if getattr(image, "n_frames", 1) > 1:
        raise MediaError("animated", f"{origin}: {image.format} of several frames")
    if image.format not in FORMATS:
        raise MediaError("format", f"{origin}: {image.format}; only {', '.join(FORMATS.values())} are kept")
    try:
        image.load()
        PIL.ImageOps.exif_transpose(image)
    except Exception as error:
        raise _undecodable(origin, error) from error
    return image


def _open(data: bytes, origin: str) -> PIL.Image.Image:
    """The picture as its header tells of it: no pixel is decoded yet."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PIL.Image.DecompressionBombWarning)
            return PIL.Image.open(io.BytesIO(data))
    except PIL.Image.DecompressionBombError as error:
        raise MediaError("too large", f"{origin}: {error}") from error
    except PIL.UnidentifiedImageError as error:  # whose message is an address in memory
        said = "no image of a known format" if data else "a file of 0 bytes"
        raise MediaError("corrupt", f"{origin}: {said}") from error
    except Exception as error:  # Pillow's parsers raise whatever the damage leads them to
        raise MediaError("corrupt", f"{origin}: {type(error).__name__}: {error}") from error


def _check_size(image: PIL.Image.Image, origin: str, max_pixels: int) -> None:
    if image.width * image.height > max_pixels:
        raise MediaError("too large", f"{origin}: {image.width} x {image.height} is over {max_pixels:,} pixels")


def _undecodable(origin: str, error: Exception) -> MediaError:
    """Pillow's decoders raise whatever the damage leads them to."""
    return MediaError("truncated" if "truncated" in str(error).lower() else "corrupt", f"{origin}: {error}")


def decode(data: bytes) -> PIL.Image.Image:
    """An RGB picture, upright (EXIF), with transparency laid over white as a browser would show it."""
    return as_seen(PIL.Image.open(io.BytesIO(data)))


def decode_recorded(data: bytes, media: Media) -> PIL.Image.Image:
    """What `decode` gives of the bytes of `media`, if its header promises the size that was recorded.

    Raises MediaError as `load` does, and with the reason `altered` where the sizes differ, before any pixel is decoded.
    """
    origin = f"{media.uri}: {media.origin}"
    image = _open(data, origin)
    _check_size(image, origin, MAX_PIXELS)
    if sorted(image.size) != sorted((media.width, media.height)):  # EXIF may turn it by a quarter
        raise MediaError("altered", f"{origin}: {image.size} pixels, recorded as {media.width} x {media.height}")
    try:
        return as_seen(image)
    except Exception as error:
        raise _undecodable(origin, error) from error


def as_seen(image: PIL.Image.Image) -> PIL.Image.Image:
    """What `decode` gives, of an image that is open already: that very image where nothing has to be changed."""
    image.load()
    if image.getexif().get(PIL.ExifTags.Base.Orientation, 1) != 1:  # exif_transpose copies what is upright, too
        image = PIL.ImageOps.exif_transpose(image)
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        return PIL.Image.alpha_composite(PIL.Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image if image.mode == "RGB" else image.convert("RGB")
