"""Engines that are wrong on purpose: the harness must see what they do.

``WRONG_ENGINE=doubling celery --app tests.newsletter.wrong_engines worker``, or ``losing``.
"""

import os

import django

from portal.celery import app

app.set_default()
django.setup()

from newsletter import claiming, journal  # noqa: E402 (models load after django.setup)
from newsletter.models import Delivery  # noqa: E402

KIND = os.environ["WRONG_ENGINE"]

if KIND == "doubling":
    # It notes nothing beside the database: what was sent and not yet recorded is sent again.
    journal.Lane.mark = lambda self, place, mark: None
    journal.Lane.settle = lambda self, place, delivery_id, mark, code: None
elif KIND == "losing":
    # It acknowledges before the work is done: what was read and not yet sent is lost.
    read = claiming.rows_of

    def read_and_acknowledge(*args):
        rows = read(*args)
        ids = [row.delivery_id for row in rows]
        Delivery.objects.filter(pk__in=ids).update(state=Delivery.State.SENT)
        return rows

    claiming.rows_of = read_and_acknowledge

__all__ = ["app"]
