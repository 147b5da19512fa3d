from django.urls import path

from press.feeds import PressFeed

urlpatterns = [path("feeds/press.atom", PressFeed(), name="press_feed")]
