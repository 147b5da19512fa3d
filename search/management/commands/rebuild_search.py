"""Write the search documents of all public pages anew."""

from django.core.management.base import BaseCommand

from pages.models import Page
from search.indexing import index_page


class Command(BaseCommand):
    help = "Writes the search documents of all pages anew."

    def handle(self, *args, **options):
        pages = Page.objects.filter(depth__gt=1)
        for page in pages.specific().iterator():
            index_page(page)
        self.stdout.write(f"{pages.count()} pages read.")
