from django.apps import AppConfig
from wagtail.signals import page_published


class PressConfig(AppConfig):
    name = "press"

    def ready(self):
        from press.freezing import freeze_boilerplates  # noqa: PLC0415 (models load after apps)
        from press.models import PressReleasePage  # noqa: PLC0415

        def freeze(sender, instance, **kwargs):
            freeze_boilerplates(instance)

        page_published.connect(
            freeze, sender=PressReleasePage, weak=False, dispatch_uid="freeze_boilerplates"
        )
