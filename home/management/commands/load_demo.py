"""Load the demo content once; what editors change afterwards stays."""

from django.core.management.base import BaseCommand
from django.utils import timezone

from home.demo import loading


class Command(BaseCommand):
    help = "Loads the demo content and its accounts, unless it is there already."

    def add_arguments(self, parser):
        parser.add_argument(
            "--reset", action="store_true", help="Delete all content first. Asks before it does."
        )
        parser.add_argument("--no-input", action="store_true", help="Do not ask.")

    def handle(self, *args, reset, no_input, **options):
        loading.create_accounts()
        if reset and loading.is_loaded():
            if not no_input and not self._is_sure():
                self.stdout.write("Nothing was changed. (--no-input does it without a question.)")
                return
            loading.unload()
        if loading.is_loaded():
            self.stdout.write("The demo content is there: nothing was changed.")
            return
        loading.load(timezone.localdate(), lambda part: self.stdout.write(f"  {part} ..."))
        self.stdout.write("The demo content is loaded.")

    def _is_sure(self) -> bool:
        self.stdout.write(
            "This deletes every page below the home page, the directory, all images and documents, "
            "all announcements and all subscribers."
        )
        try:
            return input("Type 'yes' to go on: ") == "yes"
        except EOFError:  # nobody is there to answer
            self.stdout.write("")
            return False
