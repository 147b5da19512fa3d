from django.urls import path

from pages import views

urlpatterns = [path("card/<int:page_id>.png", views.card, name="social_card")]
