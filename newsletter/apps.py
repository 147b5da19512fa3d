from anymail.signals import tracking
from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NewsletterConfig(AppConfig):
    name = "newsletter"
    verbose_name = _("newsletter")

    def ready(self):
        from newsletter.events import receive_event  # noqa: PLC0415 (models load after apps)

        tracking.connect(receive_event, dispatch_uid="newsletter_event")
