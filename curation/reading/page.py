"""A web page as a Record."""

from urllib.parse import urljoin

from curation.reading.declared import language_tag
from curation.reading.html import depth, extract
from curation.reading.record import MalformedError, Record

MAX_PAGE = 64 << 20  # bytes; what is larger is no page
MAX_DEPTH = 5_000  # of nested elements; no page that people read comes near it

Headers = tuple[tuple[str, str], ...]


def read_page(html: bytes, uri: str, base: str, root: str = "", headers: Headers = ()) -> Record:
    """The main content of a page, with what it and its HTTP response (`headers`, names in lower case) declare.

    `base` and `root` are as in Record: a page on the web (no root) may set another base for its links. Raises
    MalformedError.
    """
    if len(html) > MAX_PAGE:
        raise MalformedError("too large", f"a page of over {MAX_PAGE:,} bytes")
    if (nested := depth(html)) > MAX_DEPTH:
        raise MalformedError("too deep", f"elements nested {nested:,} deep, at most {MAX_DEPTH:,}")
    response = dict(headers)
    page = extract(html, charset_of(response.get("content-type", "")))
    declared = page.declared
    return Record(
        uri=uri,
        blocks=page.blocks,
        licence=declared.licence,
        base=base if root else urljoin(base, declared.base),
        root=root,
        language=page.language or language_tag(response.get("content-language", "")),
        title=page.title,
        headers=(*headers, *declared.rights),
        dropped=page.dropped,
    )


def charset_of(content_type: str) -> str:
    """`text/html; charset="UTF-8"` -> `UTF-8`; empty where there is none."""
    from email.message import Message

    message = Message()
    message["content-type"] = content_type
    return str(message.get_param("charset", ""))
