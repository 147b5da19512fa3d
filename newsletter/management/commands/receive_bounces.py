"""A bounce from standard input: what a mail server pipes mail to.

    manage.py receive_bounces < mail

Ends with 0 when the mail has been dealt with, with 75 when it is to be tried again later, and with
65 for the mail of a person, so that they learn that nobody reads it (sysexits.h).
"""

import logging
import os
import sys

from django.core.management.base import BaseCommand

from newsletter import bounces
from newsletter.bounce_reports import Outcome

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Receive one bounce from standard input, as a mail server pipes it."
    requires_system_checks = []

    def handle(self, *args, **options):
        try:
            outcome = bounces.receive(self._mail())
        except Exception:
            # Whatever it was, the server keeps the mail and tries again.
            logger.exception("A bounce could not be received")
            sys.exit(os.EX_TEMPFAIL)
        if outcome is Outcome.NO_BOUNCE:
            self.stderr.write("This address takes bounces only: nobody reads mail here.")
            sys.exit(os.EX_DATAERR)
        self.stdout.write(str(outcome.value))

    def _mail(self) -> bytes:
        """The beginning; the rest is read too, or the server would meet a closed pipe."""
        raw = sys.stdin.buffer.read(bounces.LIMIT)
        while sys.stdin.buffer.read(bounces.LIMIT):
            pass
        return raw
