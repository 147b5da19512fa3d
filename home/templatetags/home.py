"""The front page's body in the bands of its layout."""

from dataclasses import dataclass, field

from django import template

register = template.Library()


@dataclass
class Bands:
    """Each block of the body once, by its place on the page."""

    voice: object = None
    """The first quote, which stands alone in large type."""
    words: list = field(default_factory=list)
    figures: object = None
    """The first key figures, beside the words."""
    calls: list = field(default_factory=list)


@register.filter
def bands(body) -> Bands:
    found = Bands()
    for block in body:
        if block.block_type == "quote" and not found.voice:
            found.voice = block
        elif block.block_type == "key_figures" and not found.figures:
            found.figures = block
        elif block.block_type == "call_to_action":
            found.calls.append(block)
        else:
            found.words.append(block)
    return found
