"""Licences by pattern, and opt-outs in the forms that sites declare them."""

import pytest

from curation.safety.rights import LicenceRules, OptOutRules, licence_fault, opt_out, spdx

OPEN = LicenceRules(allowed=("CC-BY*", "CC0-*", "GFDL*", "MIT"), refused=("*-NC*", "*-ND*"), unknown=False)


@pytest.mark.parametrize(
    "licence",
    [
        *(
            "CC-BY-4.0",
            "cc-by-sa-3.0",
            "GFDL-1.3-or-later",
            "mit",
            "GPL-2.0-or-later OR CC-BY-SA-3.0",
            "MIT AND CC0-1.0",
        ),
        *("https://creativecommons.org/licenses/by/4.0/", "//creativecommons.org/publicdomain/zero/1.0/deed.de"),
        "(MIT OR CC-BY-4.0)",
    ],
)
def test_admitted_licences(licence: str) -> None:
    assert licence_fault(licence, OPEN) is None


@pytest.mark.parametrize(
    ("licence", "fault"),
    [
        ("", "no licence is stated"),
        ("  ", "no licence is stated"),
        ("CC-BY-NC-4.0", "CC-BY-NC-4.0 is refused by *-NC*"),
        ("GPL-3.0-only", "GPL-3.0-only is none of CC-BY*, CC0-*, GFDL*, MIT"),
        ("MIT AND GPL-3.0-only", "GPL-3.0-only is none of CC-BY*, CC0-*, GFDL*, MIT"),
        ("https://creativecommons.org/licenses/by-nd/4.0", "CC-BY-ND-4.0 is refused by *-ND*"),
        ("(MIT OR GPL-3.0-only) AND MIT", "GPL-3.0-only is none of CC-BY*, CC0-*, GFDL*, MIT"),
        ("all rights reserved", "all rights reserved is none of CC-BY*, CC0-*, GFDL*, MIT"),
    ],
)
def test_others_say_why(licence: str, fault: str) -> None:
    assert licence_fault(licence, OPEN) == fault


def test_by_default_every_licence_is_admitted() -> None:
    assert licence_fault("", LicenceRules()) is None
    assert licence_fault("anything", LicenceRules()) is None
    assert licence_fault("CC-BY-NC-4.0", LicenceRules(refused=("*-nc-*",)))


def test_creative_commons_addresses_are_identifiers() -> None:
    assert spdx("http://www.creativecommons.org/licenses/by-nc-sa/2.0/fr/") == "CC-BY-NC-SA-2.0"
    assert spdx("https://creativecommons.org/publicdomain/zero/1.0/") == "CC0-1.0"
    assert spdx(" Apache-2.0 ") == "Apache-2.0"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x-robots-tag", "noai"),
        ("x-robots-tag", "noindex, NoAI"),
        ("x-robots-tag", "googlebot: noindex, ccbot: noai"),
        ("x-robots-tag", "*: noai"),
        ("x-robots-tag", "max-snippet: 20, noimageai"),
        ("robots", "noai, noimageai"),
        ("ccbot", "noai"),
        ("tdm-reservation", "1"),
        ("tdm-reservation", " true "),
        ("content-usage", "search=y, train-ai=n"),
        ("content-signal", "search=yes,ai-train=no"),
    ],
)
def test_opt_outs_are_honoured_and_quoted(name: str, value: str) -> None:
    headers = (("content-type", "text/html"), (name, value))
    assert opt_out(headers, OptOutRules()) == f"{name}: {value.strip()}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x-robots-tag", "noindex, nofollow, noarchive"),
        ("x-robots-tag", "googlebot: noai"),
        ("x-robots-tag", "googlebot: noindex, noai"),
        ("x-robots-tag", "unavailable_after: 25 Jun 2010 15:00:00 PST"),
        ("x-robots-tag", ""),
        ("robots", "index, follow, max-image-preview:large"),
        ("googlebot", "noai"),
        ("tdm-reservation", "0"),
        ("tdm-policy", "https://example.com/policy.json"),
        ("content-usage", "train-ai=y"),
        ("content-type", "noai"),
    ],
)
def test_what_is_no_opt_out_for_us(name: str, value: str) -> None:
    assert opt_out(((name, value),), OptOutRules()) is None


def test_what_only_images_are_kept_from_does_not_concern_text() -> None:
    assert opt_out((("robots", "noimageai"),), OptOutRules(), images=False) is None
    assert opt_out((("robots", "noimageai, noai"),), OptOutRules(), images=False)


def test_rules_choose_what_is_honoured() -> None:
    assert opt_out((("robots", "noindex"),), OptOutRules(robots=("noindex",)))
    assert opt_out((("x-robots-tag", "GoogleBot: noai"),), OptOutRules(agents=("googlebot",)))
    assert opt_out((("tdm-reservation", "1"),), OptOutRules(reservations=False)) is None
