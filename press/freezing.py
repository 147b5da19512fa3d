"""Freezing boilerplates into a release when it first becomes public."""

from django.db import transaction

from pages import languages
from press.models import FrozenBoilerplate, PressReleasePage

COLUMNS = [f"{name}_{code}" for name in ("title", "text") for code in languages.CODES]


@transaction.atomic
def freeze_boilerplates(release: PressReleasePage) -> None:
    """Keep the words of each boilerplate of ``release`` that has not been frozen into it before.

    An alias has none of its own: it shows those of its source.
    """
    if release.alias_of_id:
        return
    for entry in release.boilerplates.select_related("boilerplate"):
        FrozenBoilerplate.objects.get_or_create(
            release=release,
            boilerplate=entry.boilerplate,
            defaults={column: getattr(entry.boilerplate, column) for column in COLUMNS},
        )
