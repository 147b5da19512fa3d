"""What the database keeps, told beside the field that breaks it."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.utils import DEFAULT_DB_ALIAS


class FieldCheck(models.CheckConstraint):
    """A check whose message belongs to the field that ``violation_error_code`` names."""

    def validate(self, model, instance, exclude=None, using=DEFAULT_DB_ALIAS):
        try:
            super().validate(model, instance, exclude=exclude, using=using)
        except ValidationError as error:
            raise ValidationError({self.violation_error_code: error}) from None
