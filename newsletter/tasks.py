"""Background work of the newsletter: wake-ups only, the tables are the truth."""

from celery import shared_task

from newsletter import letters, mailbox, retention, ticking


@shared_task
def tick() -> None:
    ticking.tick()


@shared_task
def pump(announcement_id: int) -> None:
    ticking.pump(announcement_id)


@shared_task
def write_letters() -> None:
    letters.write_letters()


@shared_task
def retain() -> None:
    retention.retain()


@shared_task
def receive_bounces() -> None:
    mailbox.poll()
