"""Draw the pictures of the demo content: ``python scripts/draw_demo_images.py home/demo/images``.

They stand in for photographs and say so in their credit. Every drawing is one function that returns
the inside of an SVG of 1200 by 750 units; Chromium rasterises it, Pillow writes the JPEG. The same
code draws the same picture: what looks random is read from a hash.
"""

import argparse
import hashlib
import math
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from PIL import Image

WIDTH, HEIGHT = 1200, 750
PIXELS = (1600, 1000)
QUALITY = 82

DEEP, GREEN, TEAL, SAGE, MINT, PALE = (
    "#06302b",
    "#0b5349",
    "#2c7f70",
    "#6fa398",
    "#9fe0d2",
    "#c3d6d1",
)
GIALLO, CREAM, INK = "#f2b632", "#efe6d2", "#12211f"
BRICK, ROOF, BLUE, WINE = "#a9623f", "#8d5a42", "#24466b", "#7c2f23"


def noise(seed: str) -> Iterator[int]:
    """Endless bytes, the same for the same seed."""
    block = 0
    while True:
        yield from hashlib.sha256(f"{seed}:{block}".encode()).digest()
        block += 1


def rect(x: float, y: float, w: float, h: float, fill: str, extra: str = "") -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" fill="{fill}" {extra}/>'


def path(d: str, fill: str, extra: str = "") -> str:
    return f'<path d="{d}" fill="{fill}" {extra}/>'


def line(d: str, stroke: str, width: float, extra: str = "") -> str:
    return f'<path d="{d}" fill="none" stroke="{stroke}" stroke-width="{width}" {extra}/>'


def circle(x: float, y: float, r: float, fill: str, extra: str = "") -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" fill="{fill}" {extra}/>'


def group(transform: str, *parts: str) -> str:
    return f'<g transform="{transform}">{"".join(parts)}</g>'


def gradient(name: str, *stops: tuple[float, str]) -> str:
    """A gradient from top to bottom, to be used as ``url(#name)``."""
    inside = "".join(f'<stop offset="{at}" stop-color="{colour}"/>' for at, colour in stops)
    return (
        f'<defs><linearGradient id="{name}" x1="0" y1="0" x2="0" y2="1">{inside}'
        "</linearGradient></defs>"
    )


# The opening: a stage with a screen of lanes, a speaker at a lectern, an audience from behind.


def _hall() -> Iterator[str]:
    yield gradient("wall", (0, "#5a3524"), (1, "#8a543a"))
    yield (
        '<defs><radialGradient id="light" cx=".5" cy="0" r=".9"><stop offset="0"'
        ' stop-color="#ffe7b0" stop-opacity=".55"/><stop offset="1" stop-color="#ffe7b0"'
        ' stop-opacity="0"/></radialGradient></defs>'
    )
    yield rect(0, 0, WIDTH, HEIGHT, "url(#wall)")
    for k in range(5):
        x = -60 + k * 270
        vault = f"M{x} 250 q0 -190 130 -210 q130 20 130 210"
        yield line(vault, "#c08d6a", 12, 'opacity=".55"')
        yield rect(x - 12, 250, 24, 330, "#6d4230")
    for k in range(36):
        yield rect(0, 252 + k * 10, WIDTH, 1, "#2a160c", 'opacity=".18"')
    yield rect(0, 0, WIDTH, 520, "url(#light)")


def _screen() -> Iterator[str]:
    yield rect(430, 120, 640, 366, "#041f1c") + rect(440, 130, 620, 346, "#0a3b35")
    byte = noise("opening")
    for col in range(15):
        for row in range(15):
            value = next(byte)
            if value < 110:
                continue
            colour = "#1d6a5e" if value < 175 else "#4aa896" if value < 232 else MINT
            if (col, row) in {(9, 4), (4, 9), (12, 11)}:
                colour = GIALLO
            y = 150 + row * 20 + next(byte) % 4
            yield rect(462 + col * 39, y, 30, (3, 5, 9, 12)[next(byte) % 4], colour)


def _speaker() -> str:
    return group(
        "translate(250 0)",
        '<ellipse cx="40" cy="530" rx="120" ry="14" fill="#120a06" opacity=".5"/>',
        path("M-6 520 q-14 -150 24 -176 q22 -12 44 0 q38 26 24 176z", "#16211f"),
        path("M32 346 l8 70 l8 -70z", "#f1efe8"),
        path("M38 354 h5 l3 48 l-5 8 l-6 -8z", "#0d7566"),
        circle(40, 304, 33, "#d3a27e"),
        path(
            "M7 300 q0 -38 34 -38 q34 0 32 40 q-6 -22 -16 -26 q-26 8 -42 0 q-6 6 -8 24z", "#d9d6cf"
        ),
        path("M84 372 q40 24 62 4 l8 14 q-34 34 -80 6z", "#1c2a28"),
        circle(152, 380, 11, "#d3a27e"),
        path("M-44 420 h124 l-10 26 h-104z", "#e3d7bf"),
        path("M-34 446 h104 l-12 92 h-80z", "#c9b58f"),
        path("M-34 446 h104 l-3 22 h-98z", "#a98f66"),
        line("M34 420 q-2 -34 -16 -44", "#0c1514", 4),
        circle(17, 374, 6, "#0c1514"),
    )


def _audience() -> Iterator[str]:
    byte = noise("audience")
    coats = ("#191f1e", "#22302d", "#3a2b22", "#1f2b3a", "#402029")
    hair = ("#47311f", "#5a4130", "#0c0a09", "#7a5838", "#8d8a83")
    for row, (y, scale, seats) in enumerate(((610, 0.8, 13), (668, 1.0, 11), (742, 1.3, 9))):
        for seat in range(seats):
            value = next(byte)
            x = (seat + 0.5 + (row % 2) * 0.35) * WIDTH / seats + value % 18 - 9
            yield group(
                f"translate({x:.0f} {y}) scale({scale})",
                path("M-52 90 q-4 -74 52 -80 q56 6 52 80z", coats[value % 5]),
                circle(0, -18, 27, hair[(value >> 3) % 5]),
                path("M-12 4 h24 v14 h-24z", "#b98963"),
            )


def opening() -> Iterator[str]:
    """A talk in a vaulted hall."""
    yield from _hall()
    yield from _screen()
    yield rect(0, 540, WIDTH, 210, "#2b1a12") + rect(0, 520, WIDTH, 26, "#4a2d1e")
    yield _speaker()
    yield from _audience()


# The venue: a square, a brick palace front with pointed windows, a banded bell tower.


def _far_town() -> Iterator[str]:
    yield gradient("sky", (0, "#9fc3c6"), (0.75, "#e9efe6"))
    yield rect(0, 0, WIDTH, 560, "url(#sky)")
    yield path("M0 500 Q180 430 360 470 T760 455 T1200 480 V580 H0Z", "#8fae9f")
    for x, y, w, colour in (
        (760, 452, 90, "#b98b68"),
        (842, 468, 70, "#c69a76"),
        (1120, 458, 90, "#b98b68"),
    ):
        yield rect(x, y, w, 120, colour)
        yield path(f"M{x - 6} {y} L{x + w / 2} {y - 22} L{x + w + 6} {y}Z", ROOF)


def _bell_tower(x: float, width: float) -> Iterator[str]:
    for k in range(22):
        yield rect(x, 70 + k * 22, width, 22, "#f2f1ea" if k % 2 else "#1d4841")
    yield rect(x + width - 26, 70, 26, 484, DEEP, 'opacity=".22"')
    for row, lights in enumerate((6, 5, 4, 3, 2)):
        left = x + (width - lights * 11 - (lights - 1) * 6) / 2
        for k in range(lights):
            window = f"M{left + k * 17:.1f} {126 + row * 66} v-24 a5.5 5.5 0 0 1 11 0 v24z"
            yield path(window, "#10302b")
    yield path(f"M{x - 8} 70 H{x + width + 8} L{x + width / 2} 6Z", "#a9c3bd")
    yield rect(x - 10, 64, width + 20, 10, "#f2f1ea")


def _palace(x: float, y: float, width: float) -> Iterator[str]:
    yield rect(x, y, width, 366, BRICK) + rect(x, y + 236, width, 130, "#d9cdb6")
    for k in range(28):
        yield rect(x, y + 8 + k * 8, width, 1, "#7f432a", 'opacity=".25"')
    for k in range(6):
        yield rect(x, y + 250 + k * 20, width, 1, "#a8977b", 'opacity=".6"')
    yield rect(x - 8, y - 12, width + 16, 14, "#d9cdb6")
    for k in range(24):
        yield rect(x - 8 + k * 31, y - 30, 18, 18, BRICK)
    yield rect(x, y + 228, width, 9, CREAM)
    for k in range(6):
        left = x + 46 + k * 112
        yield path(f"M{left} {y + 190} v-84 q0 -50 34 -66 q34 16 34 66 v84z", CREAM)
        for side in (7, 37):
            light = f"M{left + side} {y + 184} v-70 q0 -26 12 -34 q12 8 12 34 v70z"
            yield path(light, "#24312f")
        yield circle(left + 34, y + 70, 8, "#24312f")
        if k == 2:
            yield path(f"M{left - 4} {y + 366} v-72 q0 -34 38 -34 q38 0 38 34 v72z", "#3a2a20")
            yield line(f"M{left + 34} {y + 366} v-104", "#211711", 3)
        else:
            yield rect(left + 12, y + 282, 44, 54, "#3c4744")
            yield rect(left + 12, y + 282, 44, 4, "#8d7f67")
    yield path(f"M{x} {y - 12} h{width} v378 h-250z", "#2a160c", 'opacity=".10"')


def _square() -> Iterator[str]:
    yield gradient("stone", (0, "#cdb79a"), (1, "#b39a7b"))
    yield rect(0, 560, WIDTH, 190, "url(#stone)")
    yield path("M0 580 H1200 V572 H0Z", "#8d7658", 'opacity=".5"')
    for k in range(-6, 20):
        joint = f"M{600 + (k - 6.5) * 70} 580 L{600 + (k - 6.5) * 170} 750"
        yield line(joint, "#efe3cc", 2, 'opacity=".35"')
    yield path("M0 580 L430 580 L250 750 H0Z", "#4d3a26", 'opacity=".18"')


def _passers_by() -> Iterator[str]:
    for x, y, scale, coat in (
        (520, 640, 1.0, DEEP),
        (556, 648, 0.95, WINE),
        (840, 622, 0.75, "#24312f"),
        (300, 606, 0.6, BLUE),
        (324, 608, 0.6, "#24312f"),
        (1010, 668, 1.15, BLUE),
    ):
        yield group(
            f"translate({x} {y}) scale({scale})",
            '<ellipse cx="12" cy="27" rx="24" ry="4" fill="#4d3a26" opacity=".3"/>',
            circle(0, -46, 8, "#c99b77"),
            path("M-11 -36 q11 -6 22 0 l3 36 h-28z", coat),
            path("M-8 0 h6 v26 h-6z M2 0 h6 v26 h-6z", "#1d2423"),
        )


def venue() -> Iterator[str]:
    """A palace across a square."""
    yield from _far_town()
    yield from _bell_tower(930, 124)
    yield from _palace(60, 214, 720)
    yield from _square()
    yield from _passers_by()


# Data: streams of bands bend towards one health record.

CARD = (742, 118, 372, 514)


def _stream_of_bands(index: int, count: int) -> Iterator[str]:
    """One lane, as a thick curve; its bands are the dashes of that curve."""
    _, top, _, height = CARD
    start = -30 + index * 810 / (count - 1)
    end = top + 40 + index * (height - 80) / (count - 1)
    curve = f"M-20 {start:.0f} C330 {start:.0f} 380 {end:.0f} 760 {end:.0f}"
    yield line(curve, "#d3e0db", 30)
    byte = noise(f"data-{index}")
    at = next(byte) % 30
    while at < 860:
        value = next(byte)
        long = (5, 9, 15, 26)[value % 4]
        colour = (SAGE, TEAL, SAGE, GREEN, PALE, TEAL, GREEN, SAGE)[(value >> 2) % 8]
        if value in {17, 96, 201, 230, 131}:
            colour, long = GIALLO, 18
        yield line(curve, colour, 30, f'stroke-dasharray="0 {at} {long} 2000"')
        at += long + (9, 16, 26, 40)[(value >> 5) % 4]


def _portrait(x: float, y: float) -> str:
    return group(
        f"translate({x} {y})",
        rect(0, 0, 84, 84, PALE),
        path("M8 84 q0 -34 34 -36 q34 2 34 36z", GREEN),
        path("M32 44 h20 v10 q-10 8 -20 0z", "#b98963"),
        circle(42, 32, 18, "#c99b77"),
        path(
            "M23 34 q-3 -26 19 -26 q22 0 19 26 q-3 -14 -12 -15 q-14 4 -21 0 q-4 4 -5 15z", "#3a2b22"
        ),
    )


def _record() -> Iterator[str]:
    x, y, w, h = CARD
    yield rect(x + 16, y + 18, w, h, GREEN, 'opacity=".22" rx="6"')
    yield rect(x, y, w, h, "#ffffff", 'rx="6"')
    yield path(f"M{x} {y + 6} q0 -6 6 -6 h{w - 12} q6 0 6 6 v30 h-{w}z", GREEN)
    yield rect(x + 28, y + 14, 96, 8, MINT) + circle(x + w - 30, y + 18, 6, GIALLO)
    yield _portrait(x + 28, y + 64)
    for k, (wide, colour) in enumerate(((176, INK), (128, SAGE), (152, PALE))):
        yield rect(x + 132, y + 72 + k * 26, wide, (14, 9, 9)[k], colour)
    yield rect(x + 28, y + 172, w - 56, 92, "#f1f5f4")
    beat = "h46 l8 -10 l8 10 h14 l8 14 l12 -62 l14 76 l8 -28 h16 l9 -12 l10 12"
    yield line(f"M{x + 28} {y + 226} {beat} h10 {beat}", TEAL, 4, 'stroke-linejoin="round"')
    yield from _panel(x + 28, y + 286, w - 56, 116)
    for k, wide in enumerate((208, 236, 168)):
        row = y + 424 + k * 27
        yield rect(x + 28, row, 14, 14, (GREEN, GIALLO, SAGE)[k])
        yield rect(x + 54, row + 3, wide, 8, PALE)


def _panel(x: float, y: float, w: float, h: float) -> Iterator[str]:
    byte = noise("record")
    lane = (w - 9 * 6) / 10
    for col in range(10):
        left = x + col * (lane + 6)
        yield rect(left, y, lane, h, "#e8f0ed")
        for row in range(8):
            value = next(byte)
            if value > 120:
                colour = (
                    GIALLO if (col, row) in {(3, 5), (7, 2)} else (SAGE, TEAL, GREEN)[value % 3]
                )
                yield rect(left, y + 6 + row * 14, lane, (3, 5, 8)[(value >> 2) % 3], colour)


def data() -> Iterator[str]:
    """Lanes of data that flow into one health record."""
    yield gradient("paper", (0, "#e9f1ee"), (1, "#dbe7e2"))
    yield rect(0, 0, WIDTH, HEIGHT, "url(#paper)")
    for index in range(11):
        yield from _stream_of_bands(index, 11)
    yield from _record()


# Citizens: people round a table, seen from above.

CENTRE = (600, 375)


def _floor() -> Iterator[str]:
    byte = noise("floor")
    tones = ("#b8704e", "#bd7653", "#b46b49", "#c07b58", "#b26a4a")
    yield rect(0, 0, WIDTH, HEIGHT, "#9c5b3d")
    for row in range(13):
        for col in range(21):
            left = col * 60 - (row % 2) * 30
            yield rect(left + 1, row * 60 + 1, 58, 58, tones[next(byte) % 5])
    x, y = CENTRE
    yield circle(x + 8, y + 10, 356, "#5a2f1c", 'opacity=".35"')
    yield circle(x, y, 354, GREEN)
    yield circle(
        x, y, 336, "none", f'stroke="{SAGE}" stroke-width="14" stroke-dasharray="7 9 16 8 4 12"'
    )
    yield circle(x, y, 318, "none", f'stroke="{GIALLO}" stroke-width="3"')


def _table() -> Iterator[str]:
    x, y = CENTRE
    yield circle(x + 14, y + 18, 222, "#031c19", 'opacity=".45"')
    yield circle(x, y, 222, "#c9a671") + circle(x, y, 214, "#e6cfa3")
    for k in range(9):
        half = math.sqrt(214**2 - (-172 + k * 43) ** 2)
        top = y - 172 + k * 43
        yield line(f"M{x - half:.0f} {top} H{x + half:.0f}", "#d3b681", 2)


def _poster() -> str:
    byte = noise("poster")
    bands = []
    for col in range(9):
        for row in range(7):
            value = next(byte)
            if value > 105:
                colour = (
                    GIALLO
                    if (col, row) in {(2, 4), (6, 1)}
                    else (PALE, SAGE, TEAL, GREEN)[value % 4]
                )
                bands.append(
                    rect(-80 + col * 18, -52 + row * 15, 14, (4, 6, 9)[(value >> 3) % 3], colour)
                )
    return group(
        f"translate({CENTRE[0]} {CENTRE[1]}) rotate(-9)",
        rect(-90, -58, 190, 128, "#8b6a3c", 'opacity=".35"'),
        rect(-95, -64, 190, 128, "#fbfdfc"),
        *bands,
    )


def _paper() -> str:
    lines = "".join(rect(-21, -22 + k * 9, (42, 36, 40, 28, 38)[k], 3, PALE) for k in range(5))
    return (
        rect(-27, -30, 58, 66, "#8b6a3c", 'opacity=".3"')
        + rect(-30, -34, 58, 66, "#ffffff")
        + lines
    )


def _laptop() -> str:
    keys = "".join(rect(-28, -10 + k * 9, 56, 5, "#53615e") for k in range(3))
    return (
        rect(-34, -18, 76, 52, "#8b6a3c", 'opacity=".3"')
        + rect(-38, -20, 76, 50, "#39464a", 'rx="3"')
        + keys
        + rect(-38, 28, 76, 8, "#1d2829", 'rx="2"')
        + rect(-12, 18, 24, 8, "#53615e")
    )


def _notes() -> str:
    notes = (
        (-30, -20, GIALLO, -8),
        (6, -26, MINT, 6),
        (-14, 12, "#f4d27e", 4),
        (22, 8, "#ffffff", -5),
    )
    return "".join(
        group(
            f"translate({x} {y}) rotate({turn})",
            rect(-12, -12, 27, 27, "#8b6a3c", 'opacity=".25"'),
            rect(-14, -14, 27, 27, colour),
        )
        for x, y, colour, turn in notes
    )


def _cup(x: float, y: float) -> str:
    handle = line(f"M{x + 12} {y} q14 2 8 12", "#ffffff", 5)
    shadow = circle(x + 4, y + 5, 20, "#8b6a3c", 'opacity=".3"')
    saucer = circle(x, y, 20, "#f4f6f5") + circle(
        x, y, 20, "none", f'stroke="{PALE}" stroke-width="2"'
    )
    return shadow + saucer + handle + circle(x, y, 13, "#ffffff") + circle(x, y, 10, "#5a3524")


def _hair(style: str, colour: str) -> str:
    """The head from above; the face looks down the drawing, towards the table."""
    if style == "bald":
        return path(
            "M-26 4 q-4 -34 26 -34 q30 0 26 34 q-8 -18 -12 -20 q-14 -6 -28 0 q-4 2 -12 20z", colour
        )
    if style == "scarf":
        return path("M-30 6 q-6 -42 30 -42 q36 0 30 42 q-10 -12 -30 -12 q-20 0 -30 12z", colour)
    crown = path("M-27 8 q-6 -39 27 -39 q33 0 27 39 q-6 -8 -27 -6 q-21 -2 -27 6z", colour)
    if style == "bun":
        return circle(0, -34, 13, colour) + crown + circle(0, -34, 8, "#ffffff", 'opacity=".12"')
    if style == "curls":
        turns = [math.radians(190 + k * 23) for k in range(8)]
        return crown + "".join(
            circle(25 * math.cos(a), -4 + 25 * math.sin(a), 11, colour) for a in turns
        )
    if style == "long":
        return path("M-28 8 q-10 -42 28 -42 q38 0 28 42 l-6 -8 q-22 -8 -44 0z", colour) + path(
            "M-20 -26 q20 -18 40 0 l-4 -16 q-16 -10 -32 0z", colour
        )
    return crown


def _person(style: str, skin: str, hair: str, coat: str) -> str:
    """Head at the origin, hands on the table, which begins at about y = 58."""
    chair = rect(-40, -60, 80, 22, "#4a2d1e", 'rx="9"') + rect(
        -34, -44, 68, 40, "#6d4230", 'rx="8"'
    )
    if style == "wheels":
        tyres = "".join(rect(side, -44, 13, 84, "#1d2423", 'rx="6"') for side in (-70, 57))
        rims = "".join(rect(side, -36, 4, 68, "#8d9a96", 'rx="2"') for side in (-54, 50))
        chair = rect(-50, -46, 100, 62, "#2b3a38", 'rx="8"') + tyres + rims
    sleeves = "".join(
        line(f"M{side * 42} -6 Q{side * 58} 38 {side * 24} 62", coat, 24, 'stroke-linecap="round"')
        + circle(side * 21, 66, 10, skin)
        for side in (-1, 1)
    )
    body = path("M-58 -6 q2 -28 58 -28 q56 0 58 28 q-4 24 -58 24 q-54 0 -58 -24z", coat)
    fold = path(
        "M-58 -6 q2 -28 58 -28 q56 0 58 28 q-20 -12 -58 -12 q-38 0 -58 12z",
        "#ffffff",
        'opacity=".10"',
    )
    face = circle(0, 2, 26, skin) + circle(0, 28, 4.5, skin)
    return chair + sleeves + body + fold + face + _hair(style, hair)


PEOPLE = (
    ("short", "#c99b77", "#2a1d15", BLUE, _paper),
    ("bun", "#e0b592", "#8a5a2b", WINE, _laptop),
    ("curls", "#7a4e33", "#1a1210", "#d9a441", _notes),
    ("bald", "#d9a884", "#b9b6ae", "#33504a", _paper),
    ("wheels", "#c99b77", "#4b3524", "#5b7fb0", _paper),
    ("scarf", "#c08d6a", "#2c7f70", "#394645", _laptop),
    ("long", "#e6c2a2", "#c9913f", "#f1efe8", _paper),
    ("short", "#5d3a26", "#14100e", "#a82c47", _notes),
)


def citizens() -> Iterator[str]:
    """Eight people work together at a round table."""
    yield from _floor()
    yield path("M0 0 H330 L0 470Z M520 0 H760 L120 750 H0 V640Z", "#fff3d6", 'opacity=".10"')
    x, y = CENTRE
    seats = [22.5 + 45 * k for k in range(len(PEOPLE))]
    for turn in seats:
        angle = math.radians(turn)
        yield circle(
            x + 12 + 284 * math.sin(angle),
            y + 16 - 284 * math.cos(angle),
            58,
            "#031c19",
            'opacity=".35"',
        )
    yield from _table()
    yield _poster()
    for turn, (*_, thing) in zip(seats, PEOPLE, strict=True):
        yield group(f"rotate({turn} {x} {y}) translate({x} {y - 158})", thing())
    for cup_x, cup_y in ((600, 182), (736, 511), (464, 511), (792, 375)):
        yield _cup(cup_x, cup_y)
    for turn, (style, skin, hair, coat, _) in zip(seats, PEOPLE, strict=True):
        yield group(
            f"rotate({turn} {x} {y}) translate({x} {y - 284})", _person(style, skin, hair, coat)
        )


# Florence: a large dome over roofs, hills behind, the river in front.


def _hills() -> Iterator[str]:
    yield gradient("morning", (0, "#8fb9c4"), (0.55, "#dfe6d6"), (0.8, "#f6e3c0"))
    yield rect(0, 0, WIDTH, 600, "url(#morning)")
    yield circle(196, 212, 58, "#fff3d0", 'opacity=".9"') + circle(
        196, 212, 92, "#fff3d0", 'opacity=".25"'
    )
    yield path("M0 372 Q150 300 320 340 T640 318 T930 300 T1200 350 V600 H0Z", "#a9c3bd")
    yield path("M0 420 Q130 360 290 392 T600 396 T900 366 T1200 404 V600 H0Z", "#86aa9a")
    yield path("M0 462 Q210 408 420 440 T820 432 T1200 440 V600 H0Z", "#5f8a76")
    for x, y, s in (
        (74, 424, 1.0),
        (92, 421, 1.3),
        (112, 420, 0.9),
        (1080, 412, 1.0),
        (1098, 411, 1.4),
        (1118, 413, 1.1),
        (1168, 420, 1.2),
        (986, 418, 0.8),
    ):
        yield group(
            f"translate({x} {y}) scale({s})", path("M0 18 q-9 -14 0 -50 q9 36 0 50z", "#2f5a4a")
        )
    for x, y in ((228, 398), (1024, 392), (960, 384)):
        yield rect(x, y, 26, 15, "#eadfc6") + path(f"M{x - 3} {y} l16 -9 l16 9z", "#b5694a")


def _roofs(
    seed: str, y: float, tall: float, walls: tuple[str, ...], tiles: tuple[str, ...]
) -> Iterator[str]:
    """A row of houses from edge to edge, each with a low tiled roof and shutters."""
    byte = noise(seed)
    x = -20.0
    while x < WIDTH:
        wide, rise = 52 + next(byte) % 46, next(byte) % 34
        top = y - rise
        wall, tile = walls[next(byte) % len(walls)], tiles[next(byte) % len(tiles)]
        yield rect(x, top, wide, tall + rise, wall)
        yield path(f"M{x - 5:.0f} {top} l10 -15 h{wide - 10} l10 15z", tile)
        yield rect(x, top, wide, 4, "#5a3524", 'opacity=".25"')
        for row in range(int((tall + rise - 16) // 27)):
            for col in range(int((wide - 14) // 20)):
                shut = (GREEN, "#3c4744", "#3c4744", "#6d5a48")[next(byte) % 4]
                yield rect(x + 11 + col * 20, top + 14 + row * 27, 8, 13, shut)
        x += wide


def _dome(x: float, base: float) -> Iterator[str]:
    """The octagon with its drum; the profile is a pointed fifth, wider than a half circle."""
    yield rect(x - 158, base, 316, 130, "#f3efe4")
    for k in range(5):
        yield rect(x - 158, base + 18 + k * 24, 316, 6, "#2c6a5d", 'opacity=".75"')
    for k in range(5):
        left = x - 126 + k * 63
        yield circle(left, base + 46, 20, "#fbf8ef") + circle(left, base + 46, 14, "#2b3a38")
    yield rect(x - 166, base - 12, 332, 14, "#fbf8ef") + rect(
        x - 166, base + 84, 332, 10, "#fbf8ef"
    )
    rise = "M-156 0 C-152 -112 -84 -184 -18 -202"
    fall = "H18 C84 -184 152 -112 156 0Z"
    ribs = "".join(
        line(f"M{at} 0 C{bend} -112 {bend * 0.55:.0f} -180 {top} -202", "#f6efe0", 6)
        for at, bend, top in ((-153, -151, -17), (-58, -56, -7), (58, 56, 7), (153, 151, 17))
    )
    yield group(
        f"translate({x} {base - 12})",
        path(f"{rise} {fall}", "#bb5f3b"),
        path(f"M52 0 C50 -116 30 -184 8 -202 {fall}", "#7d3a22", 'opacity=".35"'),
        path(f"{rise} H-9 C-40 -184 -62 -116 -64 0Z", "#e08a5c", 'opacity=".35"'),
        ribs,
    )
    yield rect(x - 24, base - 226, 48, 13, "#fbf8ef") + rect(x - 14, base - 262, 28, 38, "#f3efe4")
    yield rect(x - 8, base - 256, 5, 28, "#2b3a38") + rect(x + 3, base - 256, 5, 28, "#2b3a38")
    yield path(f"M{x - 18} {base - 262} L{x} {base - 296} L{x + 18} {base - 262}Z", "#e3dccb")
    yield circle(x, base - 300, 6, GIALLO) + rect(x - 1, base - 320, 2, 16, "#8b6a3c")


def _apses(x: float, base: float) -> Iterator[str]:
    """The half domes that lean against the drum, and the long nave."""
    yield rect(x - 420, base + 96, 280, 130, "#efe8d8")
    yield path(f"M{x - 430} {base + 96} l22 -24 h268 v24z", "#b5603e")
    for k in range(5):
        yield rect(x - 420, base + 110 + k * 22, 280, 5, "#2c6a5d", 'opacity=".6"')
    for k in range(4):
        yield circle(x - 386 + k * 64, base + 140, 13, "#2b3a38")
    for shift, wide in ((-118.0, 150.0), (118.0, 150.0), (0.0, 190.0)):
        left = x + shift - wide / 2
        yield rect(left, base + 128, wide, 110, "#f3efe4")
        yield path(
            f"M{left - 6} {base + 128} q{wide / 2 + 6} {-wide * 0.72:.0f} {wide + 12} 0z", "#c4683f"
        )
        yield rect(left - 6, base + 124, wide + 12, 7, "#fbf8ef")
        for k in range(4):
            yield rect(left, base + 144 + k * 22, wide, 5, "#2c6a5d", 'opacity=".7"')
        for part in (0.22, 0.5, 0.78):
            edge = left + wide * part - 7
            yield path(f"M{edge:.0f} {base + 190} v-32 q7 -12 14 0 v32z", "#2b3a38")


def _campanile(x: float, top: float) -> Iterator[str]:
    yield rect(x, top, 74, 420, "#f3efe4")
    for k in range(20):
        yield rect(x, top + 14 + k * 21, 74, 5, "#2c6a5d" if k % 3 else "#c78d7c", 'opacity=".8"')
    for k, wide in enumerate((26, 12, 12)):
        window = top + 34 + k * 92
        for left in (x + 37 - wide / 2,) if k == 0 else (x + 18, x + 44):
            yield path(f"M{left} {window + 52} v-38 q{wide / 2} -20 {wide} 0 v38z", "#2b3a38")
    yield rect(x + 54, top, 20, 420, DEEP, 'opacity=".18"')
    yield rect(x - 8, top - 12, 90, 16, "#fbf8ef")
    for k in (104, 196, 288):
        yield rect(x - 4, top + k, 82, 8, "#fbf8ef")


def _town_hall(x: float, top: float) -> Iterator[str]:
    """A crenellated palace with its off-centre tower."""
    yield rect(x, top + 150, 150, 190, "#b08a5e") + rect(x - 8, top + 138, 166, 24, "#9d784e")
    yield rect(x + 48, top + 24, 40, 120, "#b08a5e") + rect(x + 40, top + 14, 56, 24, "#9d784e")
    for k in range(9):
        yield rect(x - 8 + k * 19, top + 128, 12, 12, "#9d784e")
    for k in range(4):
        yield rect(x + 40 + k * 15, top + 5, 10, 10, "#9d784e")
    yield rect(x + 56, top - 26, 6, 40, "#9d784e") + rect(x + 74, top - 26, 6, 40, "#9d784e")
    yield path(f"M{x + 50} {top - 24} l18 -30 l18 30z", "#7d5c38")
    yield rect(x + 74, top + 38, 14, 100, "#5a3524", 'opacity=".25"')
    for k in range(4):
        yield path(f"M{x + 18 + k * 33} {top + 208} v-20 q7 -12 14 0 v20z", "#3a2a20")


def _river() -> Iterator[str]:
    yield gradient("water", (0, "#86b0a6"), (1, "#3f7a70"))
    yield rect(0, 588, WIDTH, 20, "#b79b75") + rect(0, 588, WIDTH, 5, "#dcc7a2")
    yield rect(0, 606, WIDTH, 144, "url(#water)")
    byte = noise("river")
    for _ in range(120):
        x, y, wide = next(byte) * 4.8, 618 + next(byte) % 128, 18 + next(byte) % 70
        colour = ("#d7e6dc", "#2f675e", "#f0d9ae", "#a9cfc4", "#c98a63")[next(byte) % 5]
        yield rect(x, y, wide, 3, colour, 'opacity=".5"')


def _bridge() -> Iterator[str]:
    """Three flat arches from bank to bank."""
    deck = "M-10 626 Q600 556 1210 626 V748 H1140 "
    arches = (
        "Q1128 640 980 634 Q832 640 820 748 H766 Q752 620 600 616 Q448 620 434 748"
        " H380 Q368 640 220 634 Q72 640 60 748 H-10Z"
    )
    yield path("M-10 700 H1210 V750 H-10Z", DEEP, 'opacity=".22"')
    yield path(deck + arches, "#d9b98a")
    yield line("M-10 626 Q600 556 1210 626", "#f2e2c0", 9)
    yield line("M-10 640 Q600 570 1210 640", "#a98658", 4)
    for start, peak, end, low in ((60, 220, 380, 634), (434, 600, 766, 616), (820, 980, 1140, 634)):
        bend = 640 if low == 634 else 620
        side = 12 if low == 634 else 14
        arch = f"M{start} 748 Q{start + side} {bend} {peak} {low} Q{end - side} {bend} {end} 748"
        yield line(arch, "#a98658", 7)
    for x in (407, 793):
        yield path(f"M{x - 32} 750 L{x - 20} 668 L{x} 652 L{x + 20} 668 L{x + 32} 750Z", "#c9a671")
        yield path(f"M{x} 652 L{x + 20} 668 L{x + 32} 750 H{x}Z", "#8b6a3c", 'opacity=".35"')


def _on_the_bridge() -> Iterator[str]:
    """People behind the parapet, which hides their legs."""
    for x, coat in (
        (250, BLUE),
        (272, WINE),
        (520, DEEP),
        (690, "#a82c47"),
        (706, "#24312f"),
        (934, BLUE),
    ):
        y = 626 - 35 * (x + 10) * (1210 - x) / 610**2 + 8
        yield group(
            f"translate({x} {y:.0f})",
            circle(0, -30, 6, "#c99b77"),
            path("M-8 -23 q8 -5 16 0 l2 24 h-20z", coat),
        )


def florence() -> Iterator[str]:
    """The dome over the roofs, the hills behind, a bridge in front."""
    walls = ("#e6cfa3", "#dcbf92", "#eadbb9", "#d6b184", "#e9c79a")
    tiles = ("#b5603e", "#a9563a", "#c06d48")
    yield from _hills()
    yield from _roofs("far", 496, 70, walls, tiles)
    yield from _town_hall(856, 286)
    yield from _apses(560, 342)
    yield from _dome(560, 342)
    yield from _campanile(214, 226)
    yield from _roofs("near", 538, 60, walls, tiles)
    yield from _river()
    yield from _on_the_bridge()
    yield from _bridge()


DRAWINGS: tuple[Callable[[], Iterator[str]], ...] = (opening, venue, data, citizens, florence)


def rasterise(svg: str, chromium: str) -> Image.Image:
    """The drawing as Chromium shows it, at ``PIXELS``."""
    with tempfile.TemporaryDirectory() as folder:
        source, shot = Path(folder, "drawing.svg"), Path(folder, "drawing.png")
        source.write_text(svg, encoding="utf-8")
        subprocess.run(
            [
                chromium,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--hide-scrollbars",
                f"--user-data-dir={folder}/profile",
                f"--window-size={PIXELS[0]},{PIXELS[1]}",
                f"--screenshot={shot}",
                source.as_uri(),
            ],
            check=True,
            capture_output=True,
        )
        with Image.open(shot) as picture:
            return picture.convert("RGB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the JPEG files go")
    parser.add_argument("--chromium", default=shutil.which("chromium"), help="the browser")
    parser.add_argument("--only", help="the name of one drawing")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    for drawing in DRAWINGS:
        name = drawing.__name__
        if options.only in {None, name}:
            svg = (
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"'
                f' width="{PIXELS[0]}" height="{PIXELS[1]}">{"".join(drawing())}</svg>'
            )
            rasterise(svg, options.chromium).save(
                options.folder / f"{name}.jpg", quality=QUALITY, optimize=True, progressive=True
            )


if __name__ == "__main__":
    main()
