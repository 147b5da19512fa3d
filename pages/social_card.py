"""The picture that a shared link shows: 1200 by 630 pixels, drawn in the look of the portal.

Pillow draws it from the same bands as the panel on the page, so a link looks like what it leads
to. A palette of a few dozen colours keeps it under 60 kB.
"""

from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from pages.art import lane_bands

SIZE = (1200, 630)
MARGIN = 64
TEXT_WIDTH = 740
PANEL = {"cols": 9, "width": 360, "height": 630, "gap": 9, "rows": 17, "hot": 3}

DEEP = "#06302b"
ON_DEEP = "#eef6f4"
ON_DEEP_2 = "#b3ccc6"
GIALLO = "#f2b632"
SHADES = ("#0a3a34", "#125247", "#2c7f70", "#8fdccd", GIALLO)

FONTS = Path(__file__).parent / "fonts"
REGULAR = FONTS / "public-sans-400.ttf"
BOLD = FONTS / "public-sans-650.ttf"
LARGEST, SMALLEST = 62, 24
LEADING = 1.14
TITLE_TOP, TITLE_BOTTOM = 138, 520


def wrap(text: str, font: ImageFont.FreeTypeFont, width: float) -> list[str]:
    """Lines no wider than ``width`` pixels; a word that is wider alone is broken."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= width:
            lines[-1] = longer
            continue
        rest = word
        while font.getlength(rest) > width:
            fits = next(n for n in range(len(rest) - 1, 0, -1) if font.getlength(rest[:n]) <= width)
            lines.append(rest[:fits])
            rest = rest[fits:]
        lines.append(rest)
    return [line for line in lines if line]


def fit(text: str, width: float, height: float) -> tuple[ImageFont.FreeTypeFont, list[str]]:
    """The largest size at which the lines stay inside the box; at the smallest, the text is cut."""
    for size in range(LARGEST, SMALLEST - 1, -2):
        font = ImageFont.truetype(BOLD, size)
        lines = wrap(text, font, width)
        if len(lines) * size * LEADING <= height:
            return font, lines
    room = int(height // (SMALLEST * LEADING))
    return font, [*lines[: room - 1], shorten(" ".join(lines[room - 1 :]), font, width)]


def shorten(text: str, font: ImageFont.FreeTypeFont, width: float) -> str:
    """One line: what doesn't fit gives way to an ellipsis."""
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(f"{text}…") > width:
        text = text[:-1].rstrip()
    return f"{text}…"


def _draw_panel(draw: ImageDraw.ImageDraw, seed: str) -> None:
    left = SIZE[0] - PANEL["width"]
    for band in lane_bands(seed, **PANEL):
        x, y = left + round(band.x), round(band.y)
        right, bottom = x + round(band.width) - 1, y + max(round(band.height), 2) - 1
        draw.rectangle((x, y, right, bottom), fill=SHADES[band.shade])


def _draw_mark(draw: ImageDraw.ImageDraw, x: int, y: int) -> None:
    """The three lanes of the portal's mark, 40 pixels high."""
    for lane, bands in enumerate(
        (((2, 10), (16, 22)), ((2, 20), (26, 5), (35, 3)), ((2, 5), (11, 9), (24, 14)))
    ):
        for top, height in bands:
            colour = GIALLO if (lane, top) == (1, 35) else SHADES[2] if lane == 1 else SHADES[3]
            left = x + 2 + lane * 14
            draw.rectangle((left, y + top, left + 7, y + top + height - 1), fill=colour)


def social_card(title: str, kicker: str, footer: str, seed: str) -> bytes:
    """A PNG of 1200 by 630 pixels; ``seed`` is the one of the page's panel."""
    card = Image.new("RGB", SIZE, DEEP)
    draw = ImageDraw.Draw(card)
    small = ImageFont.truetype(REGULAR, 28)
    strong = ImageFont.truetype(BOLD, 30)
    _draw_panel(draw, seed)
    draw.rectangle((MARGIN, 66, MARGIN + 12, 96), fill=GIALLO)
    draw.text((MARGIN + 28, 92), shorten(kicker, strong, TEXT_WIDTH - 28), GIALLO, strong, "ls")
    font, lines = fit(title, TEXT_WIDTH, TITLE_BOTTOM - TITLE_TOP)
    for number, line in enumerate(lines):
        baseline = TITLE_TOP + font.size * (0.82 + number * LEADING)
        draw.text((MARGIN - font.size // 24, baseline), line, ON_DEEP, font, "ls")
    _draw_mark(draw, MARGIN - 2, 544)
    draw.text((MARGIN + 60, 574), shorten(footer, small, TEXT_WIDTH - 60), ON_DEEP_2, small, "ls")
    png = BytesIO()
    card.quantize(48, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(
        png, "PNG", optimize=True
    )
    return png.getvalue()
