"""Where a visitor is and can go from here."""

from dataclasses import dataclass, field

from django.db.models import Q

from pages.models import Page, SiteSettings, TextPage

# Ids of the parts that templates name themselves.
RESERVED_IDS = frozenset({"main", "nav", "about", "programme", "speakers", "documents", "venue"})


@dataclass(frozen=True)
class Item:
    """A page in the menu, and whether the visitor is on it (``page``) or below it (``true``)."""

    page: Page
    current: str = ""


@dataclass
class Navigation:
    """The pages below the site's root, split as the header and the footer show them."""

    home: Page | None = None
    menu: list[Item] = field(default_factory=list)
    information: list[Item] = field(default_factory=list)
    by_type: dict[str, Page] = field(default_factory=dict)
    """The last child of the site's root of each type, by the lower-case name of its class."""
    trail: list[Page] = field(default_factory=list)
    """The pages above the current one, from the site's root on."""

    @classmethod
    def load(cls, request, page: Page | None) -> "Navigation":
        site = SiteSettings.find_site(request)
        if site is None:
            return cls()
        root = site.root_page
        path = page.path if isinstance(page, Page) else ""
        navigation = cls()
        for found in cls._pages(request, root, path):
            navigation._add(found, root, path)
        return navigation

    @staticmethod
    def _pages(request, root: Page, path: str) -> list[Page]:
        """The public pages of the frame and above ``path``, in the order of the tree."""
        above = [
            path[: depth * Page.steplen]
            for depth in range(root.depth + 2, len(path) // Page.steplen)
        ]
        around = getattr(request, "_pages_around", None)
        if around is None or above:
            wanted = Page.in_frame(root) | Q(path__in=above)
            return list(Page.objects.live().public().filter(wanted).order_by("path"))
        return [page for page in around if page.live and not page.is_private]

    def _add(self, found: Page, root: Page, path: str) -> None:
        is_above = path.startswith(found.path) and path != found.path
        if is_above:
            self.trail.append(found)
        if found.path == root.path:
            self.home = found
        elif found.depth == root.depth + 1:
            self.by_type[found.specific_class._meta.model_name] = found
            current = "page" if found.path == path else "true" if is_above else ""
            if found.show_in_menus:
                self.menu.append(Item(found, current))
            elif issubclass(found.specific_class, TextPage):
                self.information.append(Item(found, current))


@dataclass
class PageState:
    """What the parts of one page have to know of one another while it is rendered."""

    navigation: Navigation | None = None
    ids: set[str] = field(default_factory=lambda: set(RESERVED_IDS))
    scripts: list[str] = field(default_factory=list)
    has_picture: bool = False


def page_state(context) -> PageState:
    """The state of the page that is rendered for the context's request."""
    request = context.get("request")
    if request is None:
        return PageState()
    if not hasattr(request, "_page_state"):
        request._page_state = PageState()
    return request._page_state
