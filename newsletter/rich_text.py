"""An editor's paragraphs in a mail: clean HTML with absolute links, and words without tags."""

from html.parser import HTMLParser

import nh3
from wagtail.rich_text import RichText, expand_db_html

from pages import sharing

TAGS = {"a", "b", "br", "em", "i", "li", "ol", "p", "strong", "ul"}
PARAGRAPHS = {"p", "ol", "ul", "h2", "h3", "h4"}


def mail_html(value: RichText | str) -> str:
    """Safe HTML: nothing but ``TAGS``, and links that lead somewhere from within a mail."""
    return nh3.clean(
        expand_db_html(_source(value)),
        tags=TAGS,
        attributes={"a": {"href"}},
        attribute_filter=lambda _tag, _name, link: sharing.absolute(link),
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel=None,
    )


def plain_text(value: RichText | str) -> str:
    """The same as somebody would type it: blank lines, dashes, addresses behind their words."""
    reader = _Reader()
    reader.feed(mail_html(value))
    reader.close()
    return reader.text()


def _source(value: RichText | str) -> str:
    return value.source if isinstance(value, RichText) else value


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self._paragraphs: list[list[str]] = [[]]
        self._lists: list[int | None] = []  # the number of the last item; None: without numbers
        self._link = ""

    def text(self) -> str:
        paragraphs = ("".join(words).strip() for words in self._paragraphs)
        return "\n\n".join(filter(None, paragraphs))

    def handle_data(self, data):
        if not (self._lists and not data.strip()):  # line ends between the items of a list
            self._write(" ".join(data.split("\n")))

    def handle_starttag(self, tag, attrs):
        if tag in PARAGRAPHS and not self._lists:
            self._paragraphs.append([])
        if tag in {"ol", "ul"}:
            self._lists.append(0 if tag == "ol" else None)
        elif tag == "li":
            self._write(f"\n{'  ' * (len(self._lists) - 1)}{self._marker()} ")
        elif tag == "br":
            self._write("\n")
        elif tag == "a":
            self._link = dict(attrs).get("href") or ""

    def handle_endtag(self, tag):
        if tag in {"ol", "ul"} and self._lists:
            self._lists.pop()
        if tag in PARAGRAPHS and not self._lists:
            self._paragraphs.append([])
        if tag == "a" and self._link:
            address = self._link.removeprefix("mailto:").removeprefix("tel:")
            if not "".join(self._paragraphs[-1]).endswith(address):
                self._write(f" ({address})")
            self._link = ""

    def _marker(self) -> str:
        if not self._lists or self._lists[-1] is None:
            return "–"
        self._lists[-1] += 1
        return f"{self._lists[-1]}."

    def _write(self, words: str) -> None:
        self._paragraphs[-1].append(words)
