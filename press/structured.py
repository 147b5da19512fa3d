"""A press release as a schema.org NewsArticle."""

from django.conf import settings

from pages import languages
from pages.models import SiteSettings
from pages.sharing import picture_of
from pages.structured import document, thing
from press.models import PressReleasePage


def article(context: dict, release: PressReleasePage) -> dict:
    """In the words of the active language."""
    picture = picture_of(release)
    changed = max(filter(None, [release.released_at, release.last_published_at]))
    return document(
        "NewsArticle",
        headline=release.title,
        description=release.introduction,
        url=release.canonical_url,
        mainEntityOfPage=release.canonical_url,
        datePublished=release.released_at.isoformat(),
        dateModified=changed.isoformat(),
        image=[picture.url] if picture else [],
        author=_organisation(context["request"]),
        inLanguage=languages.active(),
    )


def _organisation(request) -> dict:
    site = SiteSettings.for_request(request)
    return thing(
        "Organization", name=site.organisation or site.site_name, url=f"{settings.BASE_URL}/"
    )
