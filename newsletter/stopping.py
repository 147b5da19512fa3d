"""Stopping: by an editor, by the relay's answers, by the end of the worker process."""

import multiprocessing

from celery.signals import worker_shutting_down
from django.utils import timezone

from newsletter.models import Announcement, Relay
from newsletter.replies import Reply

# Made before the worker's processes are: they share it.
_stop = multiprocessing.Event()


@worker_shutting_down.connect
def ask_to_stop(**kwargs) -> None:
    """A worker that ends lets its mails on their way arrive, and starts no more."""
    _stop.set()


def is_asked_to_stop() -> bool:
    return _stop.is_set()


def relay_is_stopped() -> bool:
    return Relay.objects.filter(stopped_at__isnull=False).exists()


def pause_for(announcement_id: int, reply: Reply) -> None:
    """The relay refuses too much, or refuses us: a person must look at it."""
    Announcement.objects.filter(pk=announcement_id, state=Announcement.State.SENDING).update(
        state=Announcement.State.PAUSED, problem=str(reply)[:255]
    )


def stop_relay(reply: Reply) -> None:
    """The relay does not let us in: nothing is sent until somebody says that it is mended."""
    Relay.objects.update_or_create(
        pk=1, defaults={"stopped_at": timezone.now(), "reason": str(reply)[:255]}
    )
