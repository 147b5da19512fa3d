"""The first consent text, and who may do what: Editors prepare, Publishers also send and erase."""

from django.apps import apps as installed_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

TEXT = {
    "en": (
        "I agree to receive announcements of workshops and press releases by e-mail. For this my "
        "address, language and topics, this consent and what was sent to me are stored. I can "
        "withdraw my consent at any time by the link in every message: a month later only an "
        "unreadable fingerprint of my address remains."
    ),
    "it": (
        "Acconsento a ricevere via e-mail gli annunci di workshop e comunicati stampa. A questo "
        "scopo vengono conservati il mio indirizzo, la lingua e i temi scelti, questo consenso e "
        "l’elenco degli annunci che mi sono stati inviati. Posso revocare il consenso in qualsiasi "
        "momento con il link presente in ogni messaggio: dopo un mese del mio indirizzo resta solo "
        "un’impronta illeggibile."
    ),
}
EDITED = ["announcement", "subscriber", "subscribergroup"]
EDITORS = {
    **{model: ["add", "change", "view"] for model in EDITED},
    "consenttext": ["view"],
    "suppressedaddress": ["add", "view"],
}
PUBLISHERS = {
    **{model: ["add", "change", "delete", "view"] for model in EDITED},
    "consenttext": ["add", "view"],
    "suppressedaddress": ["add", "delete", "view"],
}
DEEDS = ["send_announcement", "import_subscriber", "export_subscriber"]


def write_first_text(apps, schema_editor):
    words = {f"text_{language}": text for language, text in TEXT.items()}
    apps.get_model("newsletter", "ConsentText").objects.create(text=TEXT["en"], **words)


def set_up_groups(apps, schema_editor):
    create_permissions(installed_apps.get_app_config("newsletter"), verbosity=0, apps=apps)
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")

    def grant(name, codenames):
        found = Permission.objects.filter(
            content_type__app_label="newsletter", codename__in=codenames
        )
        Group.objects.get(name=name).permissions.add(*found)

    for name, rights in {"Editors": EDITORS, "Publishers": PUBLISHERS}.items():
        grant(name, [f"{verb}_{model}" for model, verbs in rights.items() for verb in verbs])
    grant("Publishers", DEEDS)


class Migration(migrations.Migration):
    dependencies = [
        ("newsletter", "0001_initial"),
        ("home", "0004_groups"),
    ]

    operations = [
        migrations.RunPython(write_first_text, migrations.RunPython.noop),
        migrations.RunPython(set_up_groups, migrations.RunPython.noop),
    ]
