"""Background work on images."""

from celery import shared_task

from images import renditions


@shared_task
def prepare_renditions(image_id: int) -> None:
    renditions.prepare(image_id)
