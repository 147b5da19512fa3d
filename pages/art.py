"""The portal's signature drawing: the bands of a sequencing gel, and of a cathedral's marble.

Every drawing follows from its seed alone, so a page keeps its panel in both languages. What comes
out is geometry with class names and nothing else: a strict CSP passes it, the stylesheet colours
it, and two panels may stand on one page.
"""

import hashlib
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

GIALLO = 4
"""The accent among the shades, which run from 0 (the lane itself) to 3 (the strongest green)."""


class Band(NamedTuple):
    """A filled rectangle, in units of the drawing; ``shade`` is 0 to 4."""

    shade: int
    x: float
    y: float
    width: float
    height: float


def _stream(seed: str) -> Iterator[int]:
    """Endless bytes, the same for the same seed on every machine."""
    block = 0
    while True:
        yield from hashlib.sha256(f"{seed}:{block}".encode()).digest()
        block += 1


def _row_tops(height: float, rows: int) -> list[float]:
    """Where the bands lie: closer together towards the bottom, as on a gel."""
    tops: list[float] = []
    top, step = height * 0.03, height / rows * 1.55
    while top < height * 0.97 and len(tops) < rows:
        tops.append(top)
        top += step
        step *= 0.94
    return tops


def _shade(byte: int) -> int:
    return 1 if byte < 165 else 2 if byte < 226 else 3


def lane_bands(
    seed: str, *, cols: int, width: float, height: float, gap: float, rows: int, hot: int
) -> Iterator[Band]:
    """The panel's rectangles: each lane from top to bottom, then its bands.

    ``hot`` is how many bands are giallo at most (two may fall on one place). The first lane is the
    ladder, with a band in every row.
    """
    noise = _stream(seed)
    lane = (width - gap * (cols - 1)) / cols
    tops = _row_tops(height, rows)
    unit = height / (rows * 3.8)
    accents = {(next(noise) % cols, next(noise) % len(tops)) for _ in range(hot)}
    for col in range(cols):
        x = col * (lane + gap)
        yield Band(0, x, 0, lane, height)
        for row, top in enumerate(tops):
            byte = next(noise)
            if (col, row) in accents:
                yield Band(GIALLO, x, top, lane, unit * 2.2)
            elif col == 0:
                yield Band(2, x, top, lane, max(unit * 0.8, 1.5))
            elif byte >= 92:
                thick = unit * (0.6, 0.9, 1.5, 2.2)[next(noise) % 4]
                yield Band(_shade(byte), x, top, lane, max(thick, 1.5))


def strip_bands(seed: str, *, width: int, height: int) -> Iterator[Band]:
    """The same idea pressed into one thin line."""
    noise = _stream(f"strip{seed}")
    x = 0
    while x < width:
        byte = next(noise)
        thick = (2, 3, 5, 8, 13)[byte % 5]
        yield Band((1, 2, 2, 3)[(byte >> 3) % 4], x, 0, thick, height)
        x += thick + (3, 4, 6)[(byte >> 5) % 3]


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _svg(bands: Iterator[Band], width: int, height: int, fit: str, cls: str) -> SafeString:
    """One path for each shade: a third of the bytes of a rectangle for each band."""
    paths: dict[int, list[str]] = {}
    for shade, *box in bands:
        x, y, w, h = map(_number, box)
        paths.setdefault(shade, []).append(f"M{x} {y}h{w}v{h}h-{w}z")
    return format_html(
        '<svg class="{}" viewBox="0 0 {} {}" preserveAspectRatio="{}" aria-hidden="true"'
        ' focusable="false">{}</svg>',
        cls,
        width,
        height,
        fit,
        format_html_join(
            "",
            '<path class="b{}" d="{}"/>',
            ((shade, "".join(paths[shade])) for shade in sorted(paths)),
        ),
    )


@lru_cache(maxsize=256)
def lanes(
    seed: str | int,
    *,
    cols: int = 12,
    w: int = 560,
    h: int = 640,
    gap: int = 10,
    rows: int = 17,
    hot: int = 3,
    cls: str = "lanes",
) -> SafeString:
    """The panel of a page header; as an ``avatar`` of few columns, a person without a portrait."""
    bands = lane_bands(f"{seed}", cols=cols, width=w, height=h, gap=gap, rows=rows, hot=hot)
    return _svg(bands, w, h, "xMinYMin slice", cls)


@lru_cache(maxsize=256)
def strip(seed: str | int, *, w: int = 560, h: int = 8, cls: str = "strip") -> SafeString:
    """The line under a headline or a row of a list."""
    return _svg(strip_bands(f"{seed}", width=w, height=h), w, h, "none", cls)


def mark(cls: str = "mark") -> SafeString:
    """The portal's mark, three lanes of a gel: it stands in for the consortium's own logo."""
    return format_html(
        '<svg class="{}" viewBox="0 0 40 40" width="40" height="40" aria-hidden="true"'
        ' focusable="false"><path class="m1" d="M2 2h8v10H2zM2 16h8v22H2z"/>'
        '<path class="m2" d="M16 2h8v20h-8zM16 26h8v5h-8z"/><path class="m3" d="M16 35h8v3h-8z"/>'
        '<path class="m1" d="M30 2h8v5h-8zM30 11h8v9h-8zM30 24h8v14h-8z"/></svg>',
        cls,
    )
