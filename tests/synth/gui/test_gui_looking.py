"""A page is read from outside: layout, accessibility and painted pixels agree."""

import numpy as np
import pytest

from synth.gui import stage
from synth.gui.look import BORDER, clicked, code, decoded, hits, look
from synth.gui.painted import Buffer, reach
from synth.pages.browser import browser
from synth.pages.drawing.style import pairs


def shown(site, name, work, scale=1.0, viewport=(840, 700), acts=()):
    pair = next(pair for pair in pairs("en") if pair.regular.family == "Liberation Sans")
    made = {
        **{"page": name, "digest": stage.digest(site / name), "family": pair.regular.family, "language": "en"},
        **{
            "viewport": list(viewport),
            "scale": scale,
            "faces": [pair.regular.name, pair.bold.name],
            "acts": list(acts),
        },
    }

    def run(page, cdp):
        context = page.context.browser.new_context(offline=True)
        try:
            fresh = context.new_page()
            session = context.new_cdp_session(fresh)
            stage.show(fresh, session, made, site)
            return work(fresh, session)
        finally:
            context.close()

    return browser().run(run)


@pytest.fixture(scope="module")
def room(site):
    return shown(site, "room.html", lambda page, cdp: look(page, cdp, "en"))


@pytest.fixture(scope="module")
def dialog(site):
    return shown(site, "dialog.html", lambda page, cdp: look(page, cdp, "en"))


def named(seen, role, name):
    (found,) = [node for node in seen.nodes if node.role == role and node.name == name]
    return found


def buffer(seen):
    return Buffer(seen.ids, [(node.id, node.up) for node in seen.nodes])


def painted(seen, node):
    told = {"whole": node.whole, "clip": node.clip}
    return buffer(seen).painted(node.id, node.whole, reach(told, seen.size))


def test_roles_names_and_states_are_those_of_the_browser(room):
    assert named(room, "switch", "Lock at night").states["checked"] is True
    assert named(room, "switch", "Heating").states["checked"] is False
    assert named(room, "tab", "Boxes").states["selected"] is True
    assert named(room, "button", "More").states["expanded"] is False
    assert named(room, "textbox", "Name of box").value == "winter coats"
    deletes = [node for node in room.nodes if node.role == "button" and node.name == "Delete"]
    assert [bool(node.states.get("disabled")) for node in deletes] == [False, True, False]


def test_what_is_painted_is_where_layout_has_it(room):
    seen = 0
    for node in room.nodes:
        found = painted(room, node)
        if node.role and found.seen == "visible" and len(node.rects) == 1:
            seen += 1
            assert found.box is not None
            assert max(abs(a - b) for a, b in zip(found.box, node.whole, strict=True)) <= 1
    assert seen > 15


@pytest.mark.parametrize("scale", [1.25, 1.5, 2.0])
def test_boxes_agree_at_every_device_scale(site, scale):
    seen = shown(site, "room.html", lambda page, cdp: look(page, cdp, "en", scale), scale, (560, 448))
    assert seen.size == (560 * scale, 448 * scale)
    found = painted(seen, named(seen, "button", "More"))
    wanted = named(seen, "button", "More").whole
    assert found.seen == "visible"
    assert max(abs(a - b) for a, b in zip(found.box, wanted, strict=True)) <= 2


def test_borders_are_painted_apart_from_what_they_surround(room):
    node = named(room, "button", "Save list")
    x1, y1, _, y2 = node.whole
    middle = (y1 + y2) // 2
    assert room.ids[middle, x1] == node.id | BORDER
    assert room.ids[middle, x1 + 2] == node.id


def test_the_value_of_a_field_is_read_where_it_is_set(room):
    node = named(room, "textbox", "Name of box")
    words = [word for word in room.words if word[0] == node.id]
    assert [word[4] for word in words] == ["winter", "coats"]
    x1, y1, x2, y2 = node.whole
    assert all(x1 < word[1] and word[1] + word[3] < x2 and y1 < word[2] < y2 for word in words)


def test_elements_below_the_fold_are_outside(room):
    assert painted(room, named(room, "button", "Send report 88")).seen == "outside"
    assert any(each["bottom"] > 500 for each in room.scrollers)


def test_elements_under_a_veil_are_covered_by_it(dialog):
    found = painted(dialog, named(dialog, "button", "More"))
    assert found.seen == "covered"
    assert dialog.by_id()[found.by].veil
    assert painted(dialog, named(dialog, "button", "Keep it")).seen == "visible"


def test_a_look_leaves_the_page_as_it_was(site):
    def work(page, cdp):
        before = page.content()
        look(page, cdp, "en")
        return before, page.content()

    before, after = shown(site, "room.html", work)
    assert before == after


def test_clicks_are_heard_where_the_buffer_says_and_do_nothing(site, room):
    nodes = [named(room, "button", "More"), named(room, "switch", "Heating"), named(room, "link", "shelf 4")]
    points = [buffer(room).spot(node.id, node.whole, []) for node in nodes]

    def work(page, cdp):
        tested = hits(page, points)
        heard = clicked(page, points)
        return tested, heard, page.evaluate("() => document.querySelectorAll('[aria-checked=true]').length")

    tested, heard, on = shown(site, "room.html", work)
    assert tested == heard == [node.id for node in nodes]
    assert on == 1


def test_colours_of_numbers_are_told_apart_and_mixtures_are_nobodys():
    numbers = list(range(1, 3000))
    assert len({code(number) for number in numbers}) == len(numbers)
    picture = np.zeros((4, 6, 3), np.uint8)
    for number, at in ((5, 0), (9, 3)):
        picture[:, at : at + 3] = [code(number) >> 16, code(number) >> 8 & 255, code(number) & 255]
    picture[1, 1] = 7
    ids = decoded(picture, numbers)
    assert ids[0].tolist() == [5, 5, 5, 9, 9, 9]
    assert ids[1, 1] == 0


@pytest.fixture(scope="module")
def wild(wilds):
    return shown(wilds, "wild.html", lambda page, cdp: look(page, cdp, "en"))


def test_signs_of_icon_fonts_are_no_names(wild):
    links = [node.name for node in wild.nodes if node.role == "link"]
    assert links == ["Pages", "Start page", ""]


def test_states_that_pages_wrongly_tell_are_not_believed(wild):
    assert "expanded" not in named(wild, "button", "Sections").states
    assert named(wild, "button", "Parts").states["expanded"] is True


def test_boxes_that_labels_draw_beside_themselves_are_known_but_not_pointed_at(wild):
    box = named(wild, "checkbox", "Remember me")
    assert box.states["checked"] is False
    assert not box.clickable


@pytest.mark.parametrize("scale", [1.0, 1.25, 2.0])
def test_after_an_act_a_page_looks_the_same_each_time(site, scale):
    def colours(page, cdp):
        seen = look(page, cdp, "en", scale, buffer=False)
        return [int(x) for x in np.asarray(seen.image).sum((0, 1))]

    acts = [{"do": "click", "at": [400.0, 200.0]}]
    one, other = (shown(site, "room.html", colours, scale, acts=acts) for _ in range(2))
    assert one == other


def test_a_buffer_without_borders_may_be_of_bytes():
    ids = np.zeros((30, 40), np.uint8)
    ids[10:20, 5:15] = 7
    found = Buffer(ids, [(7, 0)]).painted(7, [5, 10, 15, 20], [5, 10, 15, 20])
    assert (found.seen, found.box) == ("visible", [5, 10, 15, 20])


def test_empty_places_for_messages_cover_nothing(wild):
    assert not [node for node in wild.nodes if node.role in ("status", "list")]
    heading = named(wild, "heading", "Opening hours")
    assert painted(wild, heading).seen == "visible"
