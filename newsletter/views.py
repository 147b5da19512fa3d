"""The pages for subscribers. Showing one changes nothing; what changes something is a button."""

import logging
from collections.abc import Callable
from functools import wraps

from celery.exceptions import CeleryError
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods
from kombu.exceptions import KombuError, OperationalError

from newsletter import limits, subscribing, tokens
from newsletter.forms import PauseForm, PreferencesForm, SignUpForm, pause_choices, stamp
from newsletter.models import ConsentText, Subscriber
from newsletter.origins import from_our_pages, network_hash
from newsletter.tasks import write_letters
from pages import languages

logger = logging.getLogger(__name__)

RETRY_AFTER = 3600  # seconds
# What a page says after a button, by the word in its address.
DONE = {
    "subscribed": _("You are subscribed. A message with the link to this page is on its way."),
    "back": _("Welcome back: you are subscribed again."),
    "saved": _("Your choice is saved."),
    "paused": _("You are on a break."),
    "resumed": _("The break is over: announcements are sent to you again."),
    "disclosed": _("A message with everything that we know about you is on its way."),
    "disclosed-before": _("That message was sent within the last hour. Please look for it."),
}


def private(view):
    """A page that belongs to one person: kept nowhere, found by nobody, told to no other site."""

    @wraps(view)
    def guarded(request, *args, **kwargs):
        response = view(request, *args, **kwargs)
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    return from_our_pages(require_http_methods(["GET", "HEAD", "POST"])(guarded))


def wake_worker() -> None:
    """Have letters written after the commit. Without a broker, the next tick writes them."""
    transaction.on_commit(_ask_for_letters)


def _ask_for_letters() -> None:
    try:
        write_letters.apply_async(retry=False)
    except (CeleryError, KombuError, OperationalError, OSError) as error:
        logger.warning("The worker was not woken to write letters: %s", error)


# Signing up


@private
def subscribe(request):
    """The sign-up form. Every address gets the same answer, in the same time."""
    text = ConsentText.objects.latest()
    if request.method != "POST":
        form = SignUpForm(initial={"language": languages.active()}, text=text)
        return render(request, "newsletter/subscribe.html", {"form": form, "stamp": stamp()})
    form = SignUpForm(request.POST, text=text)
    if form.is_suspicious():
        return _asked()
    if not form.is_valid():
        context = {"form": form, "stamp": form.shown_at}
        return render(request, "newsletter/subscribe.html", context)
    origin = network_hash(request)
    if limits.is_too_much(origin):
        response = render(request, "newsletter/too_many.html", status=429)
        response.headers["Retry-After"] = str(RETRY_AFTER)
        return response
    subscribing.request(
        address=form.cleaned_data["address"],
        language=form.cleaned_data["language"],
        topics=form.cleaned_data["topics"],
        text=text,
        text_language=languages.active(),
        origin_hash=origin,
    )
    wake_worker()
    return _asked()


def _asked() -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("newsletter_asked"))


@private
def asked(request):
    return render(request, "newsletter/asked.html")


@private
def confirm(request, token):
    try:
        subscribing.confirmable(token)
        if request.method != "POST":
            return render(request, "newsletter/confirm.html")
        subscriber = subscribing.confirm(token)
    except subscribing.UnknownLinkError:
        return render(request, "newsletter/link_unknown.html", status=404)
    except subscribing.SpentLinkError:
        return render(request, "newsletter/link_spent.html", status=410)
    wake_worker()
    return _to_preferences(subscriber, "subscribed")


# The private page


def of_subscriber(view):
    """Find the subscriber that the token belongs to; where there is none, say so."""

    @wraps(view)
    def found(request, token):
        subscriber_id = tokens.subscriber_id(token)
        if subscriber_id is None:
            return render(request, "newsletter/link_unknown.html", status=404)
        subscriber = Subscriber.objects.filter(pk=subscriber_id).first()
        if subscriber is None:
            return render(request, "newsletter/nothing_known.html", status=410)
        return view(request, subscriber)

    return private(found)


def _to_preferences(subscriber: Subscriber, done: str) -> HttpResponseRedirect:
    """Back to the private page, in the language that the subscriber chose."""
    with languages.speaking(subscriber.language):
        address = reverse("newsletter_preferences", args=(_token(subscriber),))
    return HttpResponseRedirect(f"{address}?done={done}")


def _token(subscriber: Subscriber) -> str:
    return tokens.subscriber_token(subscriber.pk)


@of_subscriber
def preferences(request, subscriber):
    """Topics, language, a break, what is known; each button posts its word as ``action``."""
    if request.method == "POST":
        deed = DEEDS.get(request.POST.get("action", ""), _save)
        return deed(request, subscriber)
    return _preferences_page(request, subscriber, _filled_in(subscriber))


def _filled_in(subscriber: Subscriber) -> PreferencesForm:
    return PreferencesForm(
        initial={"language": subscriber.language, "topics": subscriber.topics.all()}
    )


def _preferences_page(request, subscriber: Subscriber, form: PreferencesForm) -> HttpResponse:
    context = {
        "subscriber": subscriber,
        "token": _token(subscriber),
        "form": form,
        "pauses": pause_choices(),
        "is_paused": not subscriber.is_reachable(),
        "done": DONE.get(request.GET.get("done", ""), ""),
    }
    name = "preferences" if subscriber.state == Subscriber.State.ACTIVE else "gone"
    return render(request, f"newsletter/{name}.html", context)


def _save(request, subscriber: Subscriber) -> HttpResponse:
    form = PreferencesForm(request.POST)
    if not form.is_valid():
        return _preferences_page(request, subscriber, form)
    subscribing.change(
        subscriber.pk, form.cleaned_data["language"], list(form.cleaned_data["topics"])
    )
    subscriber.language = form.cleaned_data["language"]
    return _to_preferences(subscriber, "saved")


def _pause(request, subscriber: Subscriber) -> HttpResponse:
    form = PauseForm(request.POST)
    if not form.is_valid():
        return _preferences_page(request, subscriber, _filled_in(subscriber))
    subscribing.pause(subscriber.pk, form.cleaned_data["months"])
    return _to_preferences(subscriber, "paused")


def _resume(request, subscriber: Subscriber) -> HttpResponse:
    subscribing.resume(subscriber.pk)
    return _to_preferences(subscriber, "resumed")


def _disclose(request, subscriber: Subscriber) -> HttpResponse:
    is_new = subscribing.disclose(subscriber.pk)
    if is_new:
        wake_worker()
    return _to_preferences(subscriber, "disclosed" if is_new else "disclosed-before")


DEEDS: dict[str, Callable[..., HttpResponse]] = {
    "pause": _pause,
    "resume": _resume,
    "disclose": _disclose,
}


@of_subscriber
def erase(request, subscriber):
    """Ask once more; then forget."""
    if request.method != "POST":
        return render(request, "newsletter/erase.html", {"token": _token(subscriber)})
    subscribing.erase(subscriber.pk)
    return render(request, "newsletter/erased.html")


# Leaving


@of_subscriber
def leave(request, subscriber):
    """One button; afterwards another one that undoes it."""
    is_subscribed = subscriber.state == Subscriber.State.ACTIVE
    if request.method == "POST":
        if request.POST.get("action") == "undo":
            is_back = subscribing.come_back(subscriber.pk)
            return _to_preferences(subscriber, "back" if is_back else "")
        subscribing.leave(subscriber.pk)
        return HttpResponseRedirect(reverse("newsletter_leave", args=(_token(subscriber),)))
    context = {
        "subscriber": subscriber,
        "token": _token(subscriber),
        "can_come_back": subscribing.can_come_back(subscriber),
    }
    return render(request, f"newsletter/{'leave' if is_subscribed else 'left'}.html", context)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def one_click(request, token):
    """What mail programs post to (RFC 8058): no page, no question, the same answer every time.

    A token that was not made here gets 400: Django's middleware would lead a 404 elsewhere.
    """
    subscriber_id = tokens.subscriber_id(token)
    if subscriber_id is None:
        return HttpResponse(status=400, content_type="text/plain")
    if request.method == "POST":
        subscribing.leave(subscriber_id)
        return HttpResponse(content_type="text/plain")
    subscriber = Subscriber.objects.filter(pk=subscriber_id).first()
    language = subscriber.language if subscriber else languages.active()
    with languages.speaking(language):
        return HttpResponseRedirect(reverse("newsletter_leave", args=(token,)))
