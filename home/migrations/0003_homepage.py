"""Replace Wagtail's welcome page by a home page with words and addresses in every language."""

from django.conf import settings
from django.db import migrations

# Wagtail's own first rows (its migration 0002) know nothing of languages.
ROOT_TITLE = "Root"
HOME_TITLE = "Home"


def create_home_page(apps, schema_editor):
    ContentType = apps.get_model("contenttypes", "ContentType")
    Page = apps.get_model("pages", "Page")
    HomePage = apps.get_model("home", "HomePage")
    Site = apps.get_model("wagtailcore", "Site")
    codes = [code for code, _name in settings.LANGUAGES]

    root = Page.objects.get(depth=1)
    welcome = Page.objects.get(depth=2, slug="home")
    locale = root.locale
    Site.objects.all().delete()
    welcome.delete()

    for code in codes:
        setattr(root, f"title_{code}", ROOT_TITLE)
        setattr(root, f"is_ready_{code}", True)
    for code in codes[1:]:
        setattr(root, f"url_path_{code}", "/")
    root.save()

    content_type, _created = ContentType.objects.get_or_create(app_label="home", model="homepage")
    home = HomePage(
        title=HOME_TITLE,
        draft_title=HOME_TITLE,
        slug="home",
        content_type=content_type,
        path="00010001",
        depth=2,
        numchild=0,
        url_path="/home/",
        locale=locale,
    )
    for code in codes:
        setattr(home, f"title_{code}", HOME_TITLE)
        setattr(home, f"is_ready_{code}", True)
    for code in codes[1:]:
        setattr(home, f"url_path_{code}", "/home/")
    home.save()
    Site.objects.create(
        hostname="localhost", root_page_id=home.pk, is_default_site=True, site_name=""
    )


class Migration(migrations.Migration):
    dependencies = [
        ("home", "0002_initial"),
        ("pages", "0003_words_and_settings"),
        ("wagtailcore", "0098_apitoken"),
    ]

    operations = [migrations.RunPython(create_home_page, migrations.RunPython.noop)]
