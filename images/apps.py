from django.apps import AppConfig
from django.db.models.signals import post_save, pre_save


class ImagesConfig(AppConfig):
    name = "images"

    def ready(self):
        from images import signals  # noqa: PLC0415 (models load after apps)

        model = self.get_model("CreditedImage")
        pre_save.connect(signals.remember_new_file, sender=model)
        post_save.connect(signals.queue_renditions, sender=model)
