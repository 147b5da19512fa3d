"""What visitors can find: one document per page and language."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from pages import formats


class SearchDocumentQuerySet(models.QuerySet):
    def matching(self, query: str):
        """Documents with every word of ``query``, those with the words in the title first."""
        words = formats.fold(query).split()
        if not words:
            return self.none()
        everywhere, in_title = Q(), Q()
        for word in words:
            everywhere &= Q(text__contains=word)
            in_title &= Q(title__contains=word)
        is_in_title = models.Case(models.When(in_title, then=0), default=1)
        return self.filter(everywhere).order_by(is_in_title, "-published_at")


class SearchDocument(models.Model):
    """The words of a public page in one language, folded: lower case, no accents."""

    page = models.ForeignKey(
        settings.WAGTAIL_PAGE_MODEL, on_delete=models.CASCADE, related_name="search_documents"
    )
    language = models.CharField(max_length=8)
    title = models.CharField(max_length=512)
    text = models.TextField()
    published_at = models.DateTimeField()

    objects = SearchDocumentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["page", "language"], name="one_document_per_language")
        ]

    def __str__(self):
        return f"{self.page_id} ({self.language})"
