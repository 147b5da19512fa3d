"""What becomes of a request for a page that was public once."""

from pages.exceptions import PageGone
from portal.errors import page_gone


class PageGoneMiddleware:
    """Answers ``PageGone`` with the site's 410 page."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception):
        return page_gone(request) if isinstance(exception, PageGone) else None
