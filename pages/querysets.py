"""Pages as every list asks for them."""

from django.db import models
from django.db.models import Exists, ExpressionWrapper, F, OuterRef
from wagtail import query
from wagtail.models import PageViewRestriction


def restrictions_above() -> models.QuerySet:
    """The view restrictions on a page of the outer query or on a page above it."""
    path = ExpressionWrapper(OuterRef("path"), output_field=models.CharField())
    return PageViewRestriction.objects.annotate(restricted_path=path).filter(
        restricted_path__startswith=F("page__path")
    )


class PageQuerySet(query.PageQuerySet):
    def private_q(self):
        """Core's as a part of the query: it asks for every restriction in one of its own first."""
        return models.Q(Exists(restrictions_above()))
