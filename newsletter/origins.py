"""Where a request comes from: from a page of ours, and from which network."""

import hashlib
import hmac
from functools import wraps
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.views.decorators.csrf import csrf_exempt

IPV4_NETWORK = 24  # bits
IPV6_NETWORK = 48


def from_our_pages(view):
    """Accept a form only from this site, without a cookie: by what the browser says of itself.

    ``Sec-Fetch-Site`` comes with every current browser. An older one sends ``Origin`` or
    ``Referer``; a client that sends none of them is no browser that somebody could be lured with.
    """

    @wraps(view)
    def guarded(request, *args, **kwargs):
        if request.method == "POST" and not _is_ours(request):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return csrf_exempt(guarded)


def _is_ours(request: HttpRequest) -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site:
        return site in ("same-origin", "none")
    # "null" is what a browser sends from a page with the policy no-referrer.
    origin = request.headers.get("Origin", "null")
    claimed = request.headers.get("Referer", "") if origin == "null" else origin
    return not claimed or urlsplit(claimed).netloc in _our_hosts(request)


def _our_hosts(request: HttpRequest) -> set[str]:
    trusted = [settings.BASE_URL, *settings.CSRF_TRUSTED_ORIGINS]
    return {request.get_host(), *(urlsplit(origin).netloc for origin in trusted)}


def network_hash(request: HttpRequest) -> str:
    """A keyed hash of the visitor's network (/24, /48): enough to count, too little to know."""
    name = _network(_client_address(request))
    key = hashlib.sha256(b"newsletter.origins" + settings.SECRET_KEY.encode()).digest()
    return hmac.new(key, name.encode(), hashlib.sha256).hexdigest()


def _client_address(request: HttpRequest) -> str:
    """The proxy's own words come last in a header that visitors may have begun."""
    header = request.META.get(settings.CLIENT_ADDRESS_HEADER) or request.META["REMOTE_ADDR"]
    return header.rpartition(",")[2].strip()


def _network(address: str) -> str:
    try:
        ip = ip_address(address)
    except ValueError:
        return address  # a socket's, or nothing
    mapped = getattr(ip, "ipv4_mapped", None)
    ip = mapped or ip
    bits = IPV4_NETWORK if ip.version == 4 else IPV6_NETWORK
    return str(ip_network((ip, bits), strict=False))
