from django.apps import AppConfig
from wagtail.signals import page_published, page_unpublished


class SearchConfig(AppConfig):
    name = "search"

    def ready(self):
        from search.indexing import forget_page, index_page  # noqa: PLC0415 (models load after apps)

        def on_publish(sender, instance, **kwargs):
            index_page(instance)

        def on_unpublish(sender, instance, **kwargs):
            forget_page(instance)

        page_published.connect(on_publish, weak=False, dispatch_uid="index_page")
        page_unpublished.connect(on_unpublish, weak=False, dispatch_uid="forget_page")
