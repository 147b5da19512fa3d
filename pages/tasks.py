"""Background work that concerns every page."""

from celery import shared_task

from pages import publishing


@shared_task
def publish_scheduled() -> None:
    publishing.publish_scheduled()
