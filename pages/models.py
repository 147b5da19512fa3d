"""What every page is: one row, one tree position, facts once, words and addresses per language."""

from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists
from django.http import Http404, HttpResponsePermanentRedirect
from django.http.request import split_domain_port
from django.urls import reverse
from django.utils.functional import cached_property, classproperty
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel, PublishingPanel
from wagtail.contrib.settings.models import BaseSiteSetting, register_setting
from wagtail.fields import StreamField
from wagtail.models import (
    AbstractPage,
    DefaultBasePageMixin,
    PageManager,
    PageViewRestriction,
    Site,
)
from wagtail.models.pages import AbstractPageMeta
from wagtail.url_routing import RouteResult

from pages import addresses, admin_search, formats, languages
from pages.blocks import AccountBlock
from pages.exceptions import PageGone
from pages.fields import BodyField
from pages.forms import PageForm
from pages.panels import language_tabs, page_tabs
from pages.querysets import PageQuerySet, restrictions_above


class Page(AbstractPage, DefaultBasePageMixin):
    """The base of every page type; swapped in for Wagtail's by ``WAGTAIL_PAGE_MODEL``.

    Core's ``slug`` and ``url_path`` stay in the default language; each other language has columns
    of its own, added below the class: ``slug_xx``, ``url_path_xx``. ``is_ready_xx`` exists for all.
    """

    introduction = models.TextField(
        _("introduction"),
        blank=True,
        max_length=600,
        help_text=_("Two or three sentences that stand on their own: lists and feeds show them."),
    )
    image = models.ForeignKey(
        settings.WAGTAILIMAGES_IMAGE_MODEL,
        verbose_name=_("main image"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text=_("Shown with the page in lists and where the page is shared."),
    )
    image_alt = models.CharField(
        _("description of the main image"),
        max_length=255,
        blank=True,
        help_text=_(
            "What the image shows, for people who do not see it. "
            "Leave empty to use the description kept with the image."
        ),
    )

    objects = PageManager.from_queryset(PageQuerySet)()

    # Wagtail's own name for this, base_form_class, is taken: its admin sets that on the base page
    # when it starts (8.0.1, wagtail/admin/apps.py).
    form_class = PageForm
    is_creatable = False
    # Fields with words, in the order of the editor's language tabs. The first is the title.
    words = ["title", "introduction", "image_alt"]
    # Words that a page must have in each language that it is ready in.
    required_words = ["title", "introduction"]
    # Panels of the "Facts" tab.
    facts_panels = [FieldPanel("image")]
    # Foreign keys that a page's template follows, loaded with it.
    related_facts: list[str] = ["image"]

    # The admin's search finds the words of every language, and sorts by those of the editor's.
    search_fields = [
        *AbstractPage.search_fields,
        *DefaultBasePageMixin.search_fields,
        *admin_search.words("title"),
    ]
    settings_panels = [
        FieldPanel(
            "show_in_menus",
            heading=_("Show in the menu"),
            help_text=_(
                "For pages directly below the home page: in the menu at the top of every page."
            ),
        ),
        PublishingPanel(),
    ]

    class Meta(AbstractPageMeta):
        indexes = [
            models.Index(fields=[addresses.path_field(code)], name=f"page_url_path_{code}")
            for code in languages.CODES
        ] + [models.Index(fields=["depth"], name="page_depth")]

    # Words in the active language read like plain fields; what Wagtail copies, compares and
    # stores is always written in the default language, whatever the editor's admin speaks.

    def serializable_data(self):
        with languages.speaking(languages.DEFAULT):
            return super().serializable_data()

    @transaction.atomic
    def save(self, *args, update_fields=None, **kwargs):
        """Write the page with the addresses of every language, and redirects from the old ones."""
        with languages.speaking(languages.DEFAULT):
            if update_fields is not None and "slug" not in update_fields:
                if "url_path" in update_fields:  # Wagtail's command set_url_paths
                    paths = (addresses.path_field(language) for language in languages.CODES)
                    update_fields = {*update_fields, *paths}
                if "draft_title" in update_fields and not self.live:  # nobody saw the old title
                    titles = (f"title_{language}" for language in languages.TRANSLATIONS)
                    update_fields = {*update_fields, *titles}
                return super().save(*args, update_fields=update_fields, **kwargs)
            old = None if self._state.adding else self.base_page_model.objects.get(pk=self.pk)
            if self.alias_of_id:
                self.draft_title = self.title
            self._set_core_field_defaults()
            if old is None or old.slug == self.slug:
                self._set_addresses(self.get_parent())
            else:
                self.set_url_path(self.get_parent())
            if old:
                addresses.redirect_all(addresses.moves(old, self))
            result = super().save(*args, **kwargs)
            if old:
                self._move_descendants(old)
            return result

    def save_revision(self, *args, **kwargs):
        with languages.speaking(languages.DEFAULT):
            self._set_addresses(self.get_parent())  # a copy's first draft has those of its source
            return super().save_revision(*args, **kwargs)

    def minimal_clean(self):
        """Ask of a draft only what the tree needs, and write nothing into another language."""
        self._set_core_field_defaults()
        with languages.speaking(languages.DEFAULT):
            title = self.title
        self._meta.get_field("title").clean(title, self)
        self._check_slug_is_unique()

    def with_content_json(self, content):
        with languages.speaking(languages.DEFAULT):
            page = super().with_content_json(content)
        for language in languages.TRANSLATIONS:
            field = addresses.path_field(language)
            setattr(page, field, getattr(self, field))
            if self.alias_of_id:  # an alias follows its source, but stands at its own address
                field = languages.column("slug", language)
                setattr(page, field, getattr(self, field))
        return page

    def __str__(self):
        return self.title or self.draft_title

    def get_admin_display_title(self):
        """The title in the editor's language, else in another; of a draft, as it was last saved."""
        language = languages.active()
        own = getattr(self, f"title_{language}") if language != languages.DEFAULT else ""
        return own or super().get_admin_display_title()

    # Slugs and paths

    def is_slug_taken(self, slug: str, language: str, parent: "Page | None") -> bool:
        """Whether another child of ``parent`` stands at ``slug`` in ``language``."""
        if parent is None:
            return False
        field = addresses.path_field(language)
        path = f"{getattr(parent, field)}{slug}/"
        return self.base_page_model.objects.filter(**{field: path}).exclude(pk=self.pk).exists()

    def _set_core_field_defaults(self):
        """Core's, which writes words; what is checked next is refused in the editor's language."""
        with languages.speaking(languages.DEFAULT):
            is_placed = self.path or getattr(self, "_cached_parent_obj", None)
            if not self.slug and self.title and is_placed:
                slug = formats.slug(self.title, languages.DEFAULT)
                self.slug = self._get_autogenerated_slug(slug)
            super()._set_core_field_defaults()

    def _set_addresses(self, parent: "Page | None"):
        """Give the page its slug and path in each translation.

        An empty slug is made from the title, and one that is taken is numbered: what editors type
        is checked in the form; copies, aliases and imports are not typed.
        """
        for language in languages.TRANSLATIONS:
            slug = self._free_slug(language, parent)
            if self.is_ready_in(language) and slug != self.slug:
                setattr(self, languages.column("slug", language), slug)
            field = addresses.path_field(language)
            setattr(self, field, f"{getattr(parent, field)}{slug}/" if parent else "/")

    def _free_slug(self, language: str, parent: "Page | None") -> str:
        """The slug that the page wants in ``language``, with a number where it is taken.

        A slug is made of words, and those of a language that is not ready show nowhere: the page
        then stands at core's slug.
        """
        if parent is None or parent.is_root():
            return self.slug  # the root of a site stands at the language's own root
        wanted = self.slug
        if self.is_ready_in(language):
            own = getattr(self, languages.column("slug", language))
            title = getattr(self, f"title_{language}") or ""
            wanted = own or formats.slug(title, language) or self.slug
        slug, number = wanted, 1
        while self.is_slug_taken(slug, language, parent):
            number += 1
            slug = f"{wanted}-{number}"
        return slug

    def set_url_path(self, parent):
        self._set_addresses(parent)
        return super().set_url_path(parent)

    def _move_descendants(self, old):
        descendants = self.base_page_model.objects.filter(path__startswith=self.path).exclude(
            pk=self.pk
        )
        for language in languages.TRANSLATIONS:
            field = addresses.path_field(language)
            before, after = getattr(old, field), getattr(self, field)
            if before != after:
                addresses.update_descendants(descendants, field, before, after)

    def get_url_parts(self, request=None):
        """Site, address of the settings, path in the visitor's language; None outside any site."""
        roots = self._get_relevant_site_root_paths(request)
        if not roots:
            return None
        language = languages.address()
        path = getattr(self, addresses.path_field(language))[len(roots[0].root_path) :]
        with languages.speaking(language):
            return roots[0].site_id, settings.BASE_URL, reverse("wagtail_serve", args=[path])

    def address_in(self, language: str) -> str:
        """The absolute URL of this page in ``language``."""
        with languages.speaking(language):
            return self.full_url

    # Readiness

    def is_ready_in(self, language: str) -> bool:
        return getattr(self, f"is_ready_{language}")

    @property
    def ready_languages(self) -> list[str]:
        return [language for language in languages.CODES if self.is_ready_in(language)]

    @property
    def shown_language(self) -> str:
        """The language whose words a visitor of the active language gets to see."""
        visitor = languages.address()
        ready = self.ready_languages
        return visitor if visitor in ready or not ready else ready[0]

    @property
    def is_shown_translated(self) -> bool:
        """Whether a visitor of the active language gets the words of their own language."""
        return self.shown_language == languages.address()

    @property
    def shown_title(self) -> str:
        return self.shown_word("title")

    @property
    def shown_introduction(self) -> str:
        return self.shown_word("introduction")

    def shown_word(self, field: str) -> str:
        with languages.showing(self.shown_language):
            return getattr(self, field)

    @property
    def kicker(self) -> str:
        """A few words above the title that say what kind of page this is."""
        return ""

    def searchable_facts(self) -> list[str]:
        """Words in the active language by which the page is found beside those of its fields."""
        return []

    @property
    def canonical_url(self) -> str:
        return self.address_in(self.shown_language)

    @property
    def alternates(self) -> list[tuple[str, str]]:
        """Language and absolute URL for each language that the page is ready in."""
        return [(language, self.address_in(language)) for language in self.ready_languages]

    @property
    def hreflang(self) -> list[tuple[str, str]]:
        """The alternates, and the address for visitors who speak none of their languages."""
        found = self.alternates
        if not found:
            return []
        default = dict(found).get(languages.DEFAULT, found[0][1])
        if self.depth == 2:
            default = f"{settings.BASE_URL}/"  # leads on to the language the browser asks for
        return [*found, ("x-default", default)]

    # Serving

    @staticmethod
    def route_for_request(request, path):
        """Find the page at ``path`` in one query, whichever language's path it is.

        An address in another language's words is found too; ``serve`` leads to the right one.
        """
        if not hasattr(request, "_wagtail_route_for_request"):
            try:
                request._wagtail_route_for_request = Page._route(request, path)
            except Http404:
                request._wagtail_route_for_request = None
        return request._wagtail_route_for_request

    @staticmethod
    def _route(request, path):
        site = SiteSettings.find_site(request)
        if site is None:
            return None
        root = site.root_page
        fields = [addresses.path_field(language) for language in languages.CODES]
        fields.sort(key=lambda field: field != addresses.path_field(languages.active()))
        condition = models.Q()
        for field in fields:
            condition |= models.Q(**{field: root.url_path + path})
        # The same query brings the pages of the menu, which the page found will show.
        pages = Page.objects.annotate(is_private=Exists(restrictions_above()))
        rows = list(pages.filter(condition | Page.in_frame(root)))
        request._pages_around = rows
        found = [row for row in rows if root.url_path + path in {getattr(row, f) for f in fields}]
        if not found:
            return None
        found.sort(key=lambda page: [getattr(page, f) != root.url_path + path for f in fields])
        return found[0].with_facts().route(request, [])

    @staticmethod
    def in_frame(root: "Page") -> models.Q:
        """The pages that stand in the header and footer of every page: root and its children."""
        return models.Q(path__startswith=root.path, depth__lte=root.depth + 1)

    def with_facts(self) -> "Page":
        """The specific page, loaded together with the facts that its template follows."""
        model = self.specific_class
        page = model.objects.select_related(*model.related_facts).get(pk=self.pk)
        page.is_private = self.is_private
        return page

    def route(self, request, path_components):
        if path_components:
            return super().route(request, path_components)
        if self.live:
            return RouteResult(self)
        if self.first_published_at:
            raise PageGone
        raise Http404

    def serve(self, request, *args, **kwargs):
        address = self.get_url(request)
        if request.path != address:
            query = request.META.get("QUERY_STRING")
            return HttpResponsePermanentRedirect(f"{address}?{query}" if query else address)
        return super().serve(request, *args, **kwargs)

    @cached_property
    def ancestors_shown(self) -> list["Page"]:
        """The pages above this one for the breadcrumb, from the site's root on."""
        return list(self.get_ancestors().filter(depth__gte=2))

    def get_view_restrictions(self):
        """Core's, in one query: every restriction on this page (an alias: its source) or above."""
        if not getattr(self, "is_private", True) and not self.alias_of_id:
            return PageViewRestriction.objects.none()
        pages = [self.alias_of] if self.alias_of_id else [self]
        condition = models.Q()
        for page in pages:
            for depth in range(1, page.depth + 1):
                condition |= models.Q(page__path=page.path[: depth * self.steplen])
        return PageViewRestriction.objects.filter(condition)

    # Previews, one mode per language

    @property
    def preview_modes(self):
        return [
            (language, _("In %(language)s") % {"language": name})
            for language, name in settings.LANGUAGES
        ]

    def serve_preview(self, request, mode_name):
        with languages.speaking(mode_name if mode_name in languages.CODES else languages.DEFAULT):
            setattr(self, f"is_ready_{languages.active()}", True)
            request.is_preview = True
            response = super().serve_preview(request, mode_name)
            return response.render()

    # Sitemap

    def get_sitemap_urls(self, request=None):
        alternates = [
            {"location": address, "lang_code": language} for language, address in self.hreflang
        ]
        return [
            {
                "location": address,
                "lastmod": self.last_published_at,
                "alternates": alternates,
            }
            for _language, address in self.alternates
        ]

    edit_handler = classproperty(page_tabs)


def _add_language_columns() -> None:
    for language in languages.TRANSLATIONS:
        Page.add_to_class(
            f"slug_{language}",
            models.SlugField(
                _("slug"),
                max_length=255,
                blank=True,
                help_text=_("The last part of the page's address in this language."),
            ),
        )
        Page.add_to_class(
            f"url_path_{language}", models.TextField(blank=True, editable=False, default="")
        )
    for language in languages.CODES:
        Page.add_to_class(
            f"is_ready_{language}",
            models.BooleanField(
                _("ready for visitors"),
                default=language == languages.DEFAULT,
                help_text=_(
                    "As long as this is not ticked, visitors of this language see the page "
                    "in the other language, with a notice."
                ),
            ),
        )


_add_language_columns()


class TextPage(Page):
    """A page of text: about, privacy, accessibility, legal notice."""

    body = BodyField()

    words = [*Page.words, "body"]
    required_words = ["title", "body"]
    parent_page_types = ["home.HomePage", "pages.TextPage"]
    subpage_types = ["pages.TextPage"]
    page_description = _("Text such as an about page, a privacy notice or a legal notice.")

    class Meta:
        verbose_name = _("text page")
        verbose_name_plural = _("text pages")


@register_setting(icon="cog", order=100)
class SiteSettings(BaseSiteSetting):
    """What stands on every page: names, logo, contact, footer, accounts."""

    site_name = models.CharField(
        _("name of the site"),
        max_length=80,
        default="Events",
        help_text=_("Shown beside the mark."),
    )
    organisation = models.CharField(
        _("name of the organisation"), max_length=160, blank=True, help_text=_("In full.")
    )
    logo = models.ForeignKey(
        settings.WAGTAILIMAGES_IMAGE_MODEL,
        verbose_name=_("logo"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text=_("Square; replaces the mark in the header. PNG with a transparent background."),
    )
    contact_name = models.CharField(_("contact"), max_length=160, blank=True)
    contact_address = models.TextField(_("postal address"), blank=True)
    contact_email = models.EmailField(_("e-mail address"), blank=True)
    contact_phone = models.CharField(_("telephone"), max_length=40, blank=True)
    funding = models.CharField(
        _("funding statement"),
        max_length=255,
        blank=True,
        help_text=_("One sentence in the footer, for example who funds the secretariat."),
    )
    footer_note = models.CharField(
        _("note at the very end of each page"), max_length=255, blank=True
    )
    accounts = StreamField(
        [("account", AccountBlock())],
        verbose_name=_("accounts on social networks"),
        blank=True,
        help_text=_("Links in the footer to the organisation's pages elsewhere."),
    )

    select_related = ["logo"]

    edit_handler = language_tabs(
        ["site_name", "organisation", "contact_name", "contact_address", "funding", "footer_note"],
        [
            FieldPanel("logo"),
            MultiFieldPanel(
                [FieldPanel("contact_email"), FieldPanel("contact_phone")], heading=_("Contact")
            ),
            FieldPanel("accounts"),
        ],
    )

    class Meta:
        verbose_name = _("site settings")

    @classmethod
    def find_site(cls, request) -> Site | None:
        """The request's site; its settings come with it where the host name is the site's own."""
        if not hasattr(request, "_wagtail_site"):
            host, port = split_domain_port(request._get_raw_host())[0], request.get_port()
            is_best = models.Q(site__port=port) | models.Q(site__is_default_site=True)
            found = (
                cls.objects.filter(is_best, site__hostname=host)
                .select_related("site__root_page", *cls.select_related)
                .order_by(models.Case(models.When(site__port=port, then=0), default=1))
                .first()
            )
            if found:
                request._wagtail_site = found.site
                setattr(request, cls.get_cache_attr_name(), found)
        return Site.find_for_request(request)
