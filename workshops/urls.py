from django.urls import path

from workshops import views
from workshops.feeds import WorkshopFeed

urlpatterns = [
    path("feeds/workshops.atom", WorkshopFeed(), name="workshop_feed"),
    path("calendar/workshops.ics", views.calendar, name="calendar"),
    path("calendar/<uuid:uid>.ics", views.calendar_of_workshop, name="workshop_calendar"),
]
