"""Two groups: Editors write, Publishers also publish. Both keep the directory and the settings."""

from django.apps import apps as installed_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

SNIPPETS = {
    "directory": ["contact", "organisation", "person", "topic", "venue"],
    "press": ["boilerplate"],
    "workshops": ["series"],
}


def set_up_groups(apps, schema_editor):
    for label in [*SNIPPETS, "pages", "wagtailredirects"]:
        create_permissions(installed_apps.get_app_config(label), verbosity=0, apps=apps)
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    publishers = Group.objects.get(name="Moderators")
    publishers.name = "Publishers"
    publishers.save()
    # Wagtail's own workflow is named after the group's old name. The new one is a word in English
    # as in Italian, because the admin puts it into sentences: "Submit to Desk", "Invia a Desk".
    for model in ("Workflow", "Task"):
        apps.get_model("wagtailcore", model).objects.filter(name="Moderators approval").update(
            name="Desk"
        )
    editors = Group.objects.get(name="Editors")

    def grant(group, label, codenames):
        group.permissions.add(
            *Permission.objects.filter(content_type__app_label=label, codename__in=codenames)
        )

    for label, models in SNIPPETS.items():
        for model in models:
            grant(editors, label, [f"add_{model}", f"change_{model}", f"view_{model}"])
            grant(publishers, label, [f"{verb}_{model}" for verb in ("add", "change", "delete", "view")])
    grant(publishers, "pages", ["change_sitesettings"])
    grant(publishers, "wagtailredirects", ["add_redirect", "change_redirect", "delete_redirect"])


class Migration(migrations.Migration):
    dependencies = [
        ("home", "0003_homepage"),
        ("directory", "0001_initial"),
        ("press", "0002_initial"),
        ("workshops", "0001_initial"),
        ("wagtailredirects", "0008_add_verbose_name_plural"),
        ("wagtailimages", "0027_image_description"),
        ("wagtaildocs", "0014_alter_document_file_size"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [migrations.RunPython(set_up_groups, migrations.RunPython.noop)]
