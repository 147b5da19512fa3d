"""What follows when an image gets a file: its renditions are made in the background."""

import logging
from functools import partial

from django.db import transaction
from kombu.exceptions import KombuError, OperationalError

from images.tasks import prepare_renditions

logger = logging.getLogger(__name__)


def remember_new_file(sender, instance, **kwargs):
    """Before saving: a file that is not stored yet is a new one."""
    instance._has_new_file = instance._state.adding or not instance.file._committed


def queue_renditions(sender, instance, **kwargs):
    if not kwargs.get("raw") and instance._has_new_file:
        transaction.on_commit(partial(ask_for_renditions, instance.pk))


def ask_for_renditions(image_id: int) -> None:
    """Tell the worker. Without a broker, the first visitor's request makes what is missing."""
    try:
        prepare_renditions.apply_async((image_id,), retry=False)
    except (KombuError, OperationalError, OSError) as error:
        logger.warning("No renditions queued for image %s: %s", image_id, error)
