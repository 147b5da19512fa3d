"""The sizes and formats in which visitors get photographs."""

from pages.social_card import SIZE

FORMATS = ("avif", "jpeg")
WIDTHS = (480, 800, 1200, 1600)
SHARED = f"fill-{SIZE[0]}x{SIZE[1]}|format-jpeg"


def specs(original: int) -> list[str]:
    """The filters of a ``<picture>`` that gets ``original`` pixels of width at most."""
    widths = [width for width in WIDTHS if width < original]
    widths += WIDTHS[len(widths) :][:1]  # the first that is not smaller: the original's
    return [f"width-{width}|format-{kind}" for kind in FORMATS for width in widths]
