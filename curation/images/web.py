"""What the web says about a picture, and what may be asked of it: addresses, headers, first bytes."""

import ipaddress
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

OPT_OUT = frozenset(("noai", "noimageai", "noindex", "noimageindex"))
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: holds an IPv4 address in its last 32 bits


def is_remote(uri: str) -> bool:
    """Whether the URI is to be fetched, rather than read from a disk or a bucket."""
    return uri[:8].lower().startswith(("http://", "https://"))


def host_of(url: str) -> str:
    """The host's name, in lower case; empty where the URL has none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet, whatever it is wrapped in."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo or (None, None))[1]
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def opted_out(headers: Iterable[tuple[str, str]], agent: str) -> str:
    """The response header that forbids the use, empty where there is none; names in any case.

    `X-Robots-Tag: noai`, or `<agent>: noai` for one agent alone; `TDM-Reservation: 1` (W3C community group, 2024).
    """
    for name, value in headers:
        if name.lower() == "x-robots-tag":
            whom, colon, directives = value.rpartition(":")
            said = {directive.strip().lower() for directive in directives.split(",")}
            if said & OPT_OUT and (not colon or whom.strip().lower() == agent.lower()):
                return f"{name}: {value}"
        if name.lower() == "tdm-reservation" and value.strip() == "1":
            return f"{name}: {value}"
    return ""


def retry_after(value: str) -> float | None:
    """Seconds that a Retry-After header asks for, as a number or a date; None where it is neither."""
    if value.strip().isdecimal():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def sniff(head: bytes) -> str:
    """What the first bytes are: `` for JPEG, PNG or WebP, else the reason why not (`svg` or `format`)."""
    if head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        return ""
    return "svg" if b"<svg" in head[:1024].lower() else "format"
