import re

import pytest
from django.template import Context, Template

from pages import art


@pytest.mark.parametrize("draw", [art.lanes, art.strip])
def test_drawing_is_the_same_for_the_same_seed(draw):
    first = str(draw("siena"))

    draw.cache_clear()

    assert draw("siena") == first


@pytest.mark.parametrize("draw", [art.lanes, art.strip])
def test_drawing_differs_for_another_seed(draw):
    assert draw("siena") != draw("florence")


def test_lanes_of_a_number_are_those_of_its_digits():
    assert art.lanes(7) == art.lanes("7")


@pytest.mark.parametrize("drawing", [art.lanes("siena"), art.strip("siena"), art.mark()])
def test_drawing_is_geometry_and_class_names_only(drawing):
    attributes = set(re.findall(r' ([\w-]+)="', drawing))

    assert attributes <= {
        "aria-hidden",
        "class",
        "d",
        "focusable",
        "height",
        "preserveAspectRatio",
        "viewBox",
        "width",
    }
    assert 'aria-hidden="true"' in drawing


def test_lane_bands_stay_inside_the_panel():
    bands = list(art.lane_bands("siena", cols=9, width=360, height=630, gap=9, rows=17, hot=3))

    assert max(band.x + band.width for band in bands) == pytest.approx(360)
    assert max(band.y + band.height for band in bands) <= 630


def test_lanes_have_as_many_accents_as_asked():
    def accents(hot):
        bands = art.lane_bands("siena", cols=9, width=360, height=630, gap=9, rows=17, hot=hot)
        return sum(band.shade == art.GIALLO for band in bands)

    assert (accents(0), accents(1)) == (0, 1)


def test_class_name_is_escaped():
    assert '<svg class="&quot;&gt;"' in art.strip("siena", cls='">')


def test_tags_draw_in_a_template():
    template = Template(
        '{% load art %}{% lanes seed cols=4 cls="avatar" %}{% strip seed %}{% brand_mark %}'
    )

    drawn = template.render(Context({"seed": 7}))

    assert drawn == art.lanes(7, cols=4, cls="avatar") + art.strip(7) + art.mark()


def test_icon_points_into_the_sprite():
    drawn = Template('{% load art %}{% icon "pin" %}').render(Context())

    assert drawn.count("portal/img/icons") == 1
    assert '#pin"/>' in drawn
