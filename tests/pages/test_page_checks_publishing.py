"""The page checks: publishing by the clock and by a second pair of eyes."""

from collections import Counter
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.utils import timezone
from wagtail.models import TaskState, WorkflowState
from wagtail.signals import page_published

from pages.models import TextPage
from pages.publishing import publish_scheduled
from tests import factories
from tests.editing import Editor

LANGUAGES = pytest.mark.parametrize("language", ["en", "it"])


def wall(moment) -> str:
    """A moment as the form takes it."""
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M")


def make_due(page) -> None:
    """Let the hour come at which ``page`` goes live."""
    revision = page.revisions.get(approved_go_live_at__isnull=False)
    revision.approved_go_live_at = timezone.now() - timedelta(seconds=1)
    revision.content["go_live_at"] = revision.approved_go_live_at.isoformat()
    revision.save()


# The clock


def test_scheduled_page_waits_and_is_then_published_in_both_languages(editor, client):
    page = factories.text_page(translated=True)
    soon = timezone.now() + timedelta(hours=1)

    page = editor.edit(page, go_live_at=wall(soon), title_en="Later", title_it="Più tardi")
    was_live, was_done = page.live, publish_scheduled()
    still = TextPage.objects.get(pk=page.pk).live
    make_due(page)
    publish_scheduled()

    page = TextPage.objects.get(pk=page.pk)
    assert (was_live, was_done, still) == (False, True, False)
    assert (page.live, page.title, page.title_it, page.slug_it) == (
        True,
        "Later",
        "Più tardi",
        "titolo",
    )
    assert client.get("/it/titolo/").status_code == 200


def test_scheduled_change_of_a_public_page_waits(editor):
    page = factories.text_page(published=True, translated=True)
    soon = timezone.now() + timedelta(hours=1)

    page = editor.edit(page, go_live_at=wall(soon), title_it="Più tardi")
    before = page.title_it
    make_due(page)
    publish_scheduled()

    assert (before, TextPage.objects.get(pk=page.pk).title_it) == ("Titolo", "Più tardi")


def test_page_expires_in_both_languages(editor, client):
    page = factories.text_page(published=True, translated=True)
    editor.edit(page, expire_at=wall(timezone.now() + timedelta(hours=1)))
    TextPage.objects.update(expire_at=timezone.now() - timedelta(seconds=1))

    before = client.get("/it/titolo/").status_code
    publish_scheduled()

    assert before == 200
    assert TextPage.objects.get(pk=page.pk).expired
    assert [client.get(path).status_code for path in ("/en/about/", "/it/titolo/")] == [410, 410]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_three_publishers_at_once_publish_each_page_once():
    pages = [factories.text_page(translated=True) for _ in range(5)]
    for page in pages:
        page.save_revision(approved_go_live_at=timezone.now() - timedelta(minutes=1))
    published = Counter()
    start = Barrier(3)
    problems = []

    def count(sender, instance, **kwargs):
        published[instance.pk] += 1

    def publish():
        start.wait()
        try:
            publish_scheduled()
        except Exception as problem:  # noqa: BLE001 (a thread's exception would go unseen)
            problems.append(problem)
        finally:
            connection.close()

    page_published.connect(count)
    threads = [Thread(target=publish) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    page_published.disconnect(count)

    assert problems == []
    assert published == {page.pk: 1 for page in pages}
    assert TextPage.objects.filter(live=True).count() == 5


# The second pair of eyes


@pytest.fixture
def writer(db):
    def in_language(language) -> Editor:
        return Editor(factories.user("writer", group="Editors", language=language))

    return in_language


@LANGUAGES
def test_submitted_page_is_published_when_a_publisher_approves_it(writer, language, client):
    writer = writer(language)
    publisher = Editor(factories.user("publisher", group="Publishers", language=language))
    page = factories.text_page(translated=True)

    writer.edit(page, action="submit", title_en="Submitted", title_it="Proposta")
    task = TaskState.objects.get()
    before = TextPage.objects.get(pk=page.pk)
    publisher.post("wagtailadmin_pages:workflow_action", page.pk, "approve", task.pk)

    page = TextPage.objects.get(pk=page.pk)
    assert (before.live, before.draft_title) == (False, "Submitted")
    assert WorkflowState.objects.get().status == WorkflowState.STATUS_APPROVED
    assert (page.live, page.title, page.title_it) == (True, "Submitted", "Proposta")
    assert client.get("/it/titolo/").status_code == 200


@LANGUAGES
def test_rejected_page_goes_back_to_its_writer(writer, language):
    writer = writer(language)
    publisher = Editor(factories.user("publisher", group="Publishers", language=language))
    page = factories.text_page(translated=True)

    writer.edit(page, action="submit", title_it="Proposta")
    task = TaskState.objects.get()
    publisher.post(
        "wagtailadmin_pages:workflow_action", page.pk, "reject", task.pk, comment="Non ancora"
    )

    page = TextPage.objects.get(pk=page.pk)
    assert WorkflowState.objects.get().status == WorkflowState.STATUS_NEEDS_CHANGES
    assert (page.live, page.get_latest_revision_as_object().title_it) == (False, "Proposta")


@LANGUAGES
def test_submitted_page_lacks_nothing(writer, language):
    """What could not be published cannot be submitted either."""
    writer = writer(language)
    page = factories.text_page(translated=True)

    response = writer.try_edit(page, "submit", title_it="")

    assert list(response.context["form"].errors) == ["title_it"]
    assert WorkflowState.objects.count() == 0
