"""Where the image lies that a page, row or sample names."""

import base64
import binascii
import hashlib
import posixpath
import re
from urllib.parse import unquote, unquote_to_bytes, urldefrag, urljoin, urlsplit

from curation.document import Media
from curation.errors import MediaError
from curation.reading.record import Picture

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.I)
_ON_THE_WEB = re.compile(r"https?://", re.I)


def locate(picture: Picture, base: str, root: str) -> tuple[Media, bytes | None]:
    """The unseen media that a picture of a Record (`base`, `root`) is, and its bytes where the record holds them.

    Bytes have the origin `inline:<sha256>` and no URI. Raises MediaError: `outside` for a path that leaves the root or
    is on no disk that may be read, `address` for what is no address, `inline` for a data URI that cannot be decoded.
    """
    data = picture.data if picture.data is not None else _data_uri(picture.src)
    if data is not None:
        return Media.unseen("image", f"inline:{hashlib.sha256(data).hexdigest()}", ""), data
    if picture.origin or picture.length is not None:  # the reader of an archive has located it already
        origin = picture.origin or picture.src
        return Media.unseen("image", origin, picture.src, picture.offset, picture.length), None
    if address := _web_address(picture.src, base):
        return Media.unseen("image", address, address), None
    path = _path(picture.src, base, root)
    return Media.unseen("image", path, f"{root.rstrip('/')}/{path}"), None


def _data_uri(src: str) -> bytes | None:
    if src[:5].lower() != "data:":
        return None
    kind, comma, body = src.partition(",")
    try:
        data = unquote_to_bytes(body)
        if kind.lower().endswith(";base64"):
            data = base64.b64decode(b"".join(data.split()), validate=True)
    except binascii.Error as error:
        raise MediaError("inline", f"{src[:60]}: {error}") from error
    if not comma or not data:
        raise MediaError("inline", f"{src[:60]}: there are no bytes in it")
    return data


def _web_address(src: str, base: str) -> str | None:
    """The absolute address, without fragment; None where the picture is on the page's own disk."""
    try:
        if _ON_THE_WEB.match(base):
            address = urljoin(base, src)
        elif src.startswith("//"):
            address = f"https:{src}"
        elif _ON_THE_WEB.match(src):
            address = src
        else:
            return None
        parts = urlsplit(urldefrag(address.strip()).url)
        if parts.scheme.lower() not in ("http", "https") or not parts.hostname or (parts.port or 1) < 1:
            raise ValueError("not an address of the web")
    except ValueError as error:
        raise MediaError("address", f"{src[:200]}: {error}") from error
    return parts.geturl().replace(" ", "%20")


def _path(src: str, base: str, root: str) -> str:
    """The path below the root of an image that the page at `base` names."""
    path = unquote(re.split(r"[?#]", src, maxsplit=1)[0]).replace("\\", "/")
    if not root or _SCHEME.match(src) or "\0" in path or not path.strip("/"):
        raise MediaError("outside", f"{src[:200]}: not a path below the input's root")
    above = root.rstrip("/") + "/"
    page = base.removeprefix(above) if base.startswith(above) else ""
    folder = "" if path.startswith("/") else posixpath.dirname(page)
    path = posixpath.normpath(posixpath.join(folder, path.lstrip("/")))
    if path in (".", "..") or path.startswith(("../", "/")):
        raise MediaError("outside", f"{src[:200]}: leaves the input's root")
    return path
