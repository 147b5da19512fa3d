"""What can go wrong with a page."""


class PageGone(Exception):  # noqa: N818 (an answer, not an error)
    """A page that was public once and is no more; answered with 410."""
