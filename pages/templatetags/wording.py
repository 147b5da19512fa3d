"""The functions of ``pages.formats`` for templates, with the same names and options."""

from django import template

from pages import formats

register = template.Library()

register.simple_tag(formats.as_of)
register.simple_tag(formats.days)
register.simple_tag(formats.days_short)
register.simple_tag(formats.time_range)
register.simple_tag(formats.moment)
register.simple_tag(formats.quotation_marks)

register.filter(formats.time_of_day)
register.filter(formats.number)
register.filter(formats.file_size)
register.filter(formats.from_language)
register.filter(formats.language_name)
register.filter(formats.country_name)
register.filter(formats.conjunction)
