"""The fetcher against a server that misbehaves in every way: a reason for each URL, within bounds, and politely."""

import itertools
from collections.abc import Iterator

import pytest
from pydantic import ValidationError

from curation.images import fetcher
from curation.images.fetcher import Fetched, FetchSettings, fetch_all
from curation.images.web import is_public, opted_out, retry_after, sniff
from tests.conftest import png
from tests.webserver import SHELTERED, Served, serving

QUICK = FetchSettings(allow_private=True, backoff_seconds=0.01, read_seconds=0.3, max_bytes=500_000, max_redirects=3)


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with serving() as served:
        yield served


def fetch(*urls: str, settings: FetchSettings = QUICK) -> list[Fetched]:
    """In the order of the URLs."""
    found = {fetched.url: fetched for fetched in fetch_all(urls, settings)}
    return [found[url] for url in urls]


def test_a_picture_comes_whole_whatever_its_type_is_said_to_be(server):
    server.pictures["cat"] = png(300, 200)
    [fetched] = fetch(server.url("cat"))
    assert (fetched.status, fetched.reason, fetched.attempts) == (200, "", 1)
    assert fetched.data == png(300, 200)
    assert fetched.size == len(fetched.data)


REASONS = {
    "page": ("format", 200, 1),
    "svg": ("svg", 200, 1),
    "empty": ("empty", 200, 1),
    "status/404": ("http 404", 404, 1),
    "status/410": ("http 410", 410, 1),
    "status/500": ("http 500", 500, 3),  # it may pass, so it is asked again
    "status/204": ("http 204", 204, 1),
    "endless": ("too large", 200, 1),
    "stalled": ("timed out", 0, 3),
    "hanging": ("timed out", 0, 3),
    "dropped": ("unreachable", 0, 3),
    "hop/4": ("too many redirects", 0, 1),
    "elsewhere/ftp://example.org/cat.png": ("address", 0, 1),
    "elsewhere/file:///etc/passwd": ("address", 0, 1),
    "forbidden/X-Robots-Tag=noai": ("opt-out", 200, 1),
    "forbidden/TDM-Reservation=1": ("opt-out", 200, 1),
}


def test_every_fault_has_its_reason(server):
    fetched = fetch(*(server.url(f"{path}") for path in REASONS))
    assert {
        path: (each.reason, each.status, each.attempts) for path, each in zip(REASONS, fetched, strict=True)
    } == REASONS
    assert all(each.data == b"" and "\n" not in each.detail for each in fetched)


def test_what_passes_is_waited_for(server):
    flaky, later = fetch(server.url("flaky/a"), server.url("later/0"))
    assert (flaky.status, flaky.reason, flaky.attempts) == (200, "", 3)
    assert (later.status, later.reason, later.attempts) == (200, "", 2)


def test_a_host_that_asks_for_too_long_a_pause_is_not_asked_again(server):
    server.asked.clear()
    settings = QUICK.model_copy(update={"per_host": 1})
    first, second = fetch(server.url("later/3600"), server.url("seed/1"), settings=settings)
    assert (first.reason, first.attempts) == ("http 429", 1)
    assert (second.reason, second.detail) == ("host down", "it asks for a pause of 3,600 seconds")
    assert dict(server.asked) == {"later/3600": 1}


def test_redirects_are_followed_as_far_as_allowed(server):
    near, none = (
        fetch(server.url("hop/3")),
        fetch(server.url("hop/1"), settings=QUICK.model_copy(update={"max_redirects": 0})),
    )
    assert [each.reason for each in near + none] == ["", "too many redirects"]


def test_a_redirect_to_a_private_address_is_refused_before_it_is_connected_to(server, monkeypatch):
    monkeypatch.setattr(fetcher, "is_public", lambda address: address != SHELTERED)
    settings = QUICK.model_copy(update={"allow_private": False})
    server.asked.clear()
    redirected, literal, good = fetch(
        server.url("inside"), server.url("seed/1", host=SHELTERED), server.url("seed/2"), settings=settings
    )
    assert (redirected.reason, literal.reason, good.reason) == ("private address", "private address", "")
    assert server.asked["seed/1"] == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f000001", "2130706433", "127.1", "0.0.0.0"])
def test_this_machine_is_out_of_reach_by_whatever_name(server, host):
    server.asked.clear()
    [fetched] = fetch(server.url("seed/1", host=host), settings=FetchSettings(retries=0))
    assert fetched.reason in ("private address", "unreachable", "address")  # some resolvers know no octal or hex
    assert not server.asked


ADDRESSES = {
    "8.8.8.8": True,
    "2606:4700:4700::1111": True,
    "127.0.0.1": False,
    "10.1.2.3": False,
    "172.16.0.1": False,
    "192.168.1.1": False,
    "169.254.169.254": False,  # where clouds keep their credentials
    "100.64.0.1": False,
    "0.0.0.0": False,
    "224.0.0.1": False,
    "240.0.0.1": False,
    "255.255.255.255": False,
    "::1": False,
    "::": False,
    "fe80::1%eth0": False,
    "fc00::1": False,
    "ff02::1": False,
    "::ffff:127.0.0.1": False,
    "::ffff:8.8.8.8": True,
    "64:ff9b::7f00:1": False,  # 127.0.0.1 behind NAT64
    "64:ff9b::808:808": True,
    "2002:7f00:1::": False,  # 127.0.0.1 in 6to4
    "not an address": False,
}


def test_addresses_that_are_public():
    assert {address: is_public(address) for address in ADDRESSES} == ADDRESSES


@pytest.mark.parametrize(
    "url", ["", "cat.png", "http://", "http:///cat.png", "http://[::1/cat", "ftp://a.b/c", "http://a b/c"]
)
def test_what_is_no_address_is_said_to_be_none(url):
    [fetched] = fetch(url, settings=FetchSettings(retries=0))
    assert fetched.reason in ("address", "unreachable")


def test_a_host_that_never_answers_is_given_up():
    urls = [f"http://127.0.0.1:9/{number}" for number in range(200)]
    settings = QUICK.model_copy(update={"give_up": 5, "retries": 0})
    fetched = fetch(*urls, settings=settings)
    assert {each.reason for each in fetched} == {"unreachable", "host down"}
    assert sum(each.attempts for each in fetched) < 5 + settings.per_host


def test_no_more_requests_at_once_than_allowed(server):
    for settings, most in (
        (QUICK.model_copy(update={"per_host": 3}), 3),
        (QUICK.model_copy(update={"concurrent": 2}), 2),
    ):
        server.most = 0
        assert len(fetch(*(server.url(f"seed/{number}") for number in range(40)), settings=settings)) == 40
        assert 1 < server.most <= most


def test_requests_to_a_host_keep_their_distance(server, monkeypatch):
    starts = []
    ask = fetcher._Crawl._ask

    async def recorded(self, url, host):
        starts.append(self._now())
        return await ask(self, url, host)

    monkeypatch.setattr(fetcher._Crawl, "_ask", recorded)
    fetch(*(server.url(f"seed/{number}") for number in range(6)), settings=QUICK.model_copy(update={"interval": 0.02}))
    assert all(later - earlier >= 0.019 for earlier, later in itertools.pairwise(sorted(starts)))


def test_a_stream_without_end_is_read_no_further_than_needed(server):
    read = itertools.count()
    urls = (server.url(f"seed/{next(read)}") for _ in itertools.count())
    results = fetch_all(urls, QUICK.model_copy(update={"concurrent": 4}))
    assert all(each.reason == "" for each in itertools.islice(results, 30))
    results.close()
    assert next(read) <= 30 + 17 * 4 + 1  # handed on, done and waiting


def test_a_fault_of_the_stream_itself_is_not_hidden(server):
    def broken() -> Iterator[str]:
        yield server.url("seed/1")
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        list(fetch_all(broken(), QUICK))


def test_the_agent_names_a_contact():
    assert FetchSettings(agent="bot", contact="https://example.org/bot").user_agent == "bot (+https://example.org/bot)"
    with pytest.raises(ValidationError, match="one line"):
        FetchSettings(contact="a\r\nX-Injected: 1")


FORBIDS = {
    ("X-Robots-Tag", "noai"): True,
    ("x-robots-tag", "index, NoImageAI"): True,
    ("X-Robots-Tag", "noindex"): True,
    ("X-Robots-Tag", "vlforge: noai"): True,
    ("X-Robots-Tag", "otherbot: noai"): False,
    ("X-Robots-Tag", "nofollow"): False,
    ("TDM-Reservation", " 1 "): True,
    ("tdm-reservation", "0"): False,
    ("Content-Type", "noai"): False,
}


def test_headers_that_forbid_the_use():
    assert {header: bool(opted_out([header], "vlforge")) for header in FORBIDS} == FORBIDS


def test_pauses_are_asked_for_in_seconds_or_as_a_date():
    assert retry_after("120") == 120
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    assert retry_after("soon") is None


def test_first_bytes_tell_the_format():
    assert sniff(png()) == ""
    assert sniff(b"\xff\xd8\xff\xe0") == ""
    assert sniff(b"RIFF\0\0\0\0WEBPVP8 ") == ""
    assert sniff(b"<?xml?><svg>") == "svg"
    assert sniff(b"GIF89a") == "format"
