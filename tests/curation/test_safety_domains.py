"""What a web address belongs to, and lists of domains in the forms they are published in."""

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.errors import ConfigError
from curation.safety.domains import BlockedDomains, domain, has_public_suffix, host


@pytest.mark.parametrize(
    ("uri", "registered"),
    [
        ("https://news.bbc.co.uk/x?y#z", "bbc.co.uk"),
        ("HTTP://User:pw@WWW.Example.COM.:8080/", "example.com"),
        ("https://someone.github.io/page", "someone.github.io"),
        ("http://пример.рф/a", "xn--e1afmkfd.xn--p1ai"),
        ("http://xn--e1afmkfd.xn--p1ai/a", "xn--e1afmkfd.xn--p1ai"),
        ("//cdn.example.org/a.png", "example.org"),
        ("http://192.0.2.7/a", "192.0.2.7"),
        ("http://[2001:db8::1]/a", "2001:db8::1"),
        ("http://intranet/a", "intranet"),
        ("pages/example.com.html", ""),
        ("/var/www/example.com/a.html", ""),
        ("s3://bucket/example.com/a.warc.gz", ""),
        ("http://[broken/a", ""),
        ("https:///a", ""),
        ("", ""),
    ],
)
def test_the_registered_domain(uri: str, registered: str) -> None:
    assert domain(uri) == registered


def test_a_suffix_that_nobody_can_register_is_none() -> None:
    assert has_public_suffix("mail.example.de")
    assert has_public_suffix("müller.de")
    assert not has_public_suffix("2x.png")
    assert not has_public_suffix("co.uk")
    assert not has_public_suffix("localhost")


LIST = """# a comment
! another
[Adblock Plus 2.0]
plain.com
  spaced.net   # with a comment
0.0.0.0 hosts.org
127.0.0.1\thosts-tab.org # ads
127.0.0.1 localhost
::1 localhost
||adblock.com^
||options.com^$third-party,domain=~a.com
@@||exception.com^
||part.com/ads/*
##.banner
*.wildcard.com
.dotted.com
UPPER.com.
192.0.2.7
müller.de
"""
NAMES = (
    *("plain.com", "spaced.net", "hosts.org", "hosts-tab.org", "adblock.com", "options.com", "wildcard.com"),
    *("dotted.com", "upper.com", "192.0.2.7", "xn--mller-kva.de"),
)


@pytest.fixture(scope="module")
def blocked(tmp_path_factory: pytest.TempPathFactory) -> BlockedDomains:
    folder = tmp_path_factory.mktemp("domains")
    (folder / "list.txt").write_text(LIST)
    (folder / "more.gz").write_bytes(gzip.compress(b"deep.below.example.com\nplain.com\n"))
    return BlockedDomains([str(folder / "list.txt"), str(folder / "more.gz")])


def test_every_form_of_line_is_read(blocked: BlockedDomains) -> None:
    assert len(blocked) == len(NAMES) + 1
    for name in NAMES:
        assert blocked.match(f"https://{name}/a") == name


@pytest.mark.parametrize("prefix", ["", "www.", "a.b.c."])
def test_hosts_below_a_listed_domain_are_blocked(blocked: BlockedDomains, prefix: str) -> None:
    assert blocked.match(f"http://{prefix}plain.com:80/") == "plain.com"
    assert blocked.match(f"http://{prefix}deep.below.example.com/") == "deep.below.example.com"


@pytest.mark.parametrize(
    "uri",
    [
        *("https://notplain.com/", "https://plain.com.evil.net/", "https://below.example.com/", "https://com/"),
        *(
            "https://exception.com/",
            "https://part.com/ads/1",
            "https://localhost/",
            "plain.com/a.html",
            "",
            "s3://plain.com/x",
        ),
    ],
)
def test_others_are_not(blocked: BlockedDomains, uri: str) -> None:
    assert blocked.match(uri) == ""


labels = st.lists(st.sampled_from(["a", "b", "plain", "com", "net", "co", "uk"]), min_size=1, max_size=5)


@given(labels)
def test_matching_is_by_whole_labels(blocked: BlockedDomains, found: list[str]) -> None:
    assert (blocked.match(f"http://{'.'.join(found)}/") == "plain.com") == (found[-2:] == ["plain", "com"])


@given(st.text(max_size=40))
def test_any_text_is_an_address_or_none(text: str) -> None:
    for uri in (text, f"http://{text}/"):
        assert host(uri) == host(uri).lower()
        assert domain(uri) == "" or host(uri).endswith(domain(uri))


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "cannot read"), (b"# nothing\n", "no line of it"), (b"\x1f\x8bbroken", "cannot read")],
)
def test_bad_lists_are_one_line(tmp_path: Path, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / "list").write_bytes(content)
    with pytest.raises(ConfigError, match=message):
        BlockedDomains([str(tmp_path / "list")])


def test_no_lists_block_nothing() -> None:
    assert BlockedDomains([]).match("https://example.com") == ""
