"""Whom an announcement reaches."""

from django.db.models import Count, Q, QuerySet

from newsletter.models import Announcement, Subscriber
from pages import languages as site_languages


def audience(announcement: Announcement) -> QuerySet[Subscriber]:
    """Reachable subscribers by topic, group and language; each of them narrows the audience."""
    return reached_by(announcement.topics.all(), announcement.groups.all(), announcement.languages)


def reached_by(topics, groups, languages) -> QuerySet[Subscriber]:
    """The same for what a form holds: querysets or lists; an empty one narrows nothing."""
    people = Subscriber.objects.reachable()
    if languages:
        people = people.filter(language__in=languages)
    if groups:
        chosen = Subscriber.groups.through.objects.filter(subscribergroup__in=groups)
        people = people.filter(pk__in=chosen.values("subscriber"))
    if topics:
        every = Subscriber.topics.through.objects.all()
        some = every.filter(topic__in=topics)
        people = people.filter(
            Q(pk__in=some.values("subscriber")) | ~Q(pk__in=every.values("subscriber"))
        )
    return people


def by_language(people: QuerySet[Subscriber]) -> dict[str, int]:
    """How many of them read each language; all languages of the site, in its order."""
    counted = people.order_by().values_list("language").annotate(Count("pk"))
    return dict.fromkeys(site_languages.CODES, 0) | dict(counted)


def languages_of(announcement: Announcement) -> list[str]:
    """The languages that an announcement is written in: of those whom it may reach."""
    return [
        code
        for code in site_languages.CODES
        if not announcement.languages or code in announcement.languages
    ]
