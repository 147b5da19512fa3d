from io import BytesIO

import pytest
from PIL import Image, ImageFont

from pages import social_card as cards

WORDS = "Advancing Personalised Medicine through Technology Development in Šibenik and Łódź "
LONGEST = (WORDS * 4)[:255]
TITLES = ["Siena", LONGEST, "W" * 255, "Personalised-Medicine" * 12]


def draw(title="Advancing Personalised Medicine", seed="siena"):
    return cards.social_card(title, "5th ICPerMed workshop", "14 November 2023, Siena", seed)


@pytest.mark.parametrize("title", TITLES)
def test_card_has_the_size_that_networks_ask_for(title):
    png = draw(title)

    with Image.open(BytesIO(png)) as card:
        assert (card.format, card.size) == ("PNG", (1200, 630))
    assert len(png) < 60_000


@pytest.mark.parametrize("title", TITLES)
def test_title_stays_inside_its_box(title):
    font, lines = cards.fit(title, cards.TEXT_WIDTH, cards.TITLE_BOTTOM - cards.TITLE_TOP)

    assert max(font.getlength(line) for line in lines) <= cards.TEXT_WIDTH
    assert len(lines) * font.size * cards.LEADING <= cards.TITLE_BOTTOM - cards.TITLE_TOP


def test_longest_title_is_shown_whole():
    _, lines = cards.fit(LONGEST, cards.TEXT_WIDTH, cards.TITLE_BOTTOM - cards.TITLE_TOP)

    assert " ".join(lines) == LONGEST.strip()


def test_title_that_fits_nowhere_ends_in_an_ellipsis():
    font, lines = cards.fit("word " * 900, cards.TEXT_WIDTH, cards.TITLE_BOTTOM - cards.TITLE_TOP)

    assert font.size == cards.SMALLEST
    assert lines[-1].endswith("…")
    assert len(lines) * font.size * cards.LEADING <= cards.TITLE_BOTTOM - cards.TITLE_TOP


def test_shorten_leaves_a_short_line_alone():
    font = ImageFont.truetype(cards.REGULAR, 28)

    assert cards.shorten("Siena", font, 500) == "Siena"
    assert font.getlength(cards.shorten("Siena " * 40, font, 500)) <= 500


def test_card_is_the_same_for_the_same_words_and_seed():
    assert draw() == draw()


def test_card_differs_for_another_seed():
    assert draw() != draw(seed="florence")


def test_card_without_a_title_is_still_a_card():
    with Image.open(BytesIO(draw(""))) as card:
        assert card.size == (1200, 630)


def test_fonts_hold_the_letters_of_european_names():
    missing = ImageFont.truetype(cards.BOLD, 40).getmask("\uffff").getbbox()

    for letter in "éèàùßøåŁłŠšŽžČčĞğŐőȚț«»\u2019\u2013…":
        mask = ImageFont.truetype(cards.BOLD, 40).getmask(letter)
        assert mask.getbbox() is not None
        assert mask.getbbox() != missing, letter
