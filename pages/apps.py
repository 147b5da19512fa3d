from django.apps import AppConfig
from modeltranslation.translator import translator


def _none(value):
    return ()


class PagesConfig(AppConfig):
    name = "pages"

    def ready(self):
        """Count references once: a translated field repeats what the column of a language holds.

        Wagtail's reference index asks every field for them (8.0.1 heeds
        ``wagtail_reference_index_ignore`` on foreign keys only). Modeltranslation is installed
        before this app, so that its fields are known.
        """
        for model in translator.get_registered_models():
            for name in translator.get_options_for_model(model).all_fields:
                field = model._meta.get_field(name)
                if hasattr(field, "extract_references"):
                    field.extract_references = _none
