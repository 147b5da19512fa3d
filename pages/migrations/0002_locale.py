"""What Wagtail's base page needs of Wagtail's own tables, which in turn need ours to exist."""

from django.db import migrations
from wagtail.models import (
    BootstrapLocaleField,
    BootstrapTranslatableModel,
    BootstrapTranslationKeyField,
)


class Migration(migrations.Migration):
    dependencies = [
        ("pages", "0001_initial"),
        ("wagtailcore", "0098_apitoken"),
    ]

    operations = [
        BootstrapLocaleField("pages.Page"),
        BootstrapTranslationKeyField("pages.Page"),
        BootstrapTranslatableModel("pages.Page"),
    ]
