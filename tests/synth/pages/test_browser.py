"""One browser a process: it does its work from any thread, and outlives what kills or hangs it."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from synth.pages.browser import Browser, BrowserError, find_executable, resize, screenshot

pytest.importorskip("playwright")
try:
    find_executable()
except BrowserError as missing:
    pytest.skip(str(missing), allow_module_level=True)


@pytest.fixture(scope="module")
def browser():
    with_browser = Browser()
    yield with_browser
    with_browser.close()


def red(page, cdp):
    resize(cdp, 84, 56)
    page.set_content("<body style='margin:0;background:#f00'>")
    return screenshot(cdp)


def test_a_screenshot_has_the_size_and_the_colours_of_the_page(browser):
    image = browser.run(red)
    assert image.size == (84, 56)
    assert image.getcolors() == [(84 * 56, (255, 0, 0))]


def test_a_tab_is_prepared_once_and_kept(browser):
    prepared = []

    def prepare(page, cdp):
        prepared.append(page)
        page.set_content("<p id=it>kept</p>")

    texts = [browser.run(lambda page, cdp: page.inner_text("#it"), tab="kept", prepare=prepare) for _ in range(3)]
    assert texts == ["kept"] * 3
    assert len(prepared) == 1


def test_threads_share_it(browser):
    with ThreadPoolExecutor(4) as pool:
        sums = pool.map(lambda number: browser.run(lambda page, cdp: page.evaluate(f"{number} + 1")), range(8))
    assert list(sums) == list(range(1, 9))


def test_what_the_work_raises_goes_through(browser):
    with pytest.raises(TypeError):
        browser.run(lambda page, cdp: page["missing"])


def test_killed_between_pages_it_is_started_again(browser):
    browser.run(red)
    os.kill(browser.process, signal.SIGKILL)
    assert browser.run(red).size == (84, 56)


def test_killed_in_mid_render_the_page_is_made_again(browser):
    deaths: list[int] = []

    def work(page, cdp):
        if not deaths:
            deaths.append(browser.process)
            os.kill(browser.process, signal.SIGKILL)
        return red(page, cdp)

    assert browser.run(work).size == (84, 56)
    assert browser.process != deaths[0]


def test_a_page_that_kills_it_twice_is_named(browser):
    def work(page, cdp):
        os.kill(browser.process, signal.SIGKILL)
        return red(page, cdp)

    with pytest.raises(BrowserError, match="died twice"):
        browser.run(work)
    assert browser.run(red).size == (84, 56)


def test_a_page_that_hangs_is_stopped(browser):
    with pytest.raises(BrowserError, match=r"not ready within 0\.5 seconds"):
        browser.run(lambda page, cdp: page.evaluate("while (true) {}"), seconds=0.5)
    assert browser.run(red).size == (84, 56)


def test_after_so_many_pages_it_is_replaced():
    browser = Browser(most_runs=2)
    browser.run(red)
    first = browser.process
    browser.run(red)
    browser.run(red)
    assert browser.process != first
    browser.close()


def test_what_is_no_chromium_does_not_start():
    with pytest.raises(BrowserError, match="/bin/false does not start"):
        Browser("/bin/false").run(red)


def test_a_missing_chromium_names_the_package(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(BrowserError, match="apt-get install chromium-headless-shell"):
        find_executable()
