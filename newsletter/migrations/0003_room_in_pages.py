"""Leave room in PostgreSQL's pages: a delivery that changes its state stays where it is (HOT)."""

from django.db import migrations


def leave_room(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE newsletter_delivery SET (fillfactor = 85)")


class Migration(migrations.Migration):
    dependencies = [("newsletter", "0002_groups_and_consent_text")]

    operations = [migrations.RunPython(leave_room, migrations.RunPython.noop, elidable=False)]
