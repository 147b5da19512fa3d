from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

import pytest
from anyascii import anyascii
from django.template import Context, Engine
from django.utils import translation

from pages.formats import (
    as_of,
    at_time,
    conjunction,
    country_name,
    days,
    days_short,
    file_size,
    fold,
    from_language,
    hour,
    language_name,
    moment,
    number,
    ordinal,
    quotation_marks,
    slug,
    time_of_day,
    time_range,
    zone_city,
    zone_label,
)

AUG_1, AUG_3, AUG_8 = date(2024, 8, 1), date(2024, 8, 3), date(2024, 8, 8)
NOV_8, NOV_11 = date(2023, 11, 8), date(2023, 11, 11)
NOV_14, NOV_15, NOV_17 = date(2023, 11, 14), date(2023, 11, 15), date(2023, 11, 17)
NOV_30, DEC_1, DEC_2 = date(2023, 11, 30), date(2023, 12, 1), date(2023, 12, 2)
DEC_30, DEC_31 = date(2023, 12, 30), date(2023, 12, 31)
JAN_1, JAN_2 = date(2024, 1, 1), date(2024, 1, 2)

WINTER = datetime(2023, 10, 31, 17, tzinfo=UTC)
SUMMER = datetime(2024, 7, 31, 22, 5, tzinfo=UTC)


def case(expected, function, *args, **options):
    """One written example; its id reads as the call's name and the ASCII of what is expected."""
    return pytest.param(
        function, args, options, expected, id=f"{function.__name__}: {anyascii(str(expected))}"
    )


@pytest.mark.parametrize(
    ("function", "args", "options", "expected"),
    [
        case("14 November 2023", days, NOV_14),
        case("14 November 2023", days, NOV_14, NOV_14),
        case("14 November", days, NOV_14, year=False),
        case("Tuesday 14 November 2023", days, NOV_14, weekday=True),
        case("Tuesday 14 November", days, NOV_14, weekday=True, year=False),
        case("1 August 2024", days, AUG_1),
        case("14–15 November 2023", days, NOV_14, NOV_15),
        case("14–17 November 2023", days, NOV_14, NOV_17),
        case("1–3 August", days, AUG_1, AUG_3, year=False),
        case("30 November – 2 December 2023", days, NOV_30, DEC_2),
        case("30 November – 2 December", days, NOV_30, DEC_2, year=False),
        case("30 December 2023 – 2 January 2024", days, DEC_30, JAN_2),
        case("30 December – 2 January", days, DEC_30, JAN_2, year=False),
        case("14 November 2023 – 14 November 2024", days, NOV_14, date(2024, 11, 14)),
        case("Tuesday 14 – Wednesday 15 November 2023", days, NOV_14, NOV_15, weekday=True),
        case(
            "Saturday 30 December 2023 – Tuesday 2 January 2024", days, DEC_30, JAN_2, weekday=True
        ),
        case(("14", "Nov", "2023"), days_short, NOV_14),
        case(("14–15", "Nov", "2023"), days_short, NOV_14, NOV_15),
        case(("30–2", "Nov–Dec", "2023"), days_short, NOV_30, DEC_2),
        case(("30–2", "Dec–Jan", "2023–24"), days_short, DEC_30, JAN_2),
        case(("14–14", "Nov–Nov", "2023–24"), days_short, NOV_14, date(2024, 11, 14)),
        case(("3", "Sep", "2024"), days_short, date(2024, 9, 3)),
        case("14:30", time_of_day, time(14, 30)),
        case("09:00", time_of_day, time(9)),
        case("00:05", time_of_day, time(0, 5)),
        case("09:30–10:00", time_range, time(9, 30), time(10)),
        case("at 14:30", at_time, time(14, 30)),
        case("14:30", hour, time(14, 30)),
        case("31 October 2023, 18:00 CET", moment, WINTER, "Europe/Rome"),
        case("1 August 2024, 00:05 CEST", moment, SUMMER, "Europe/Rome"),
        case("31 July 2024, 23:05 BST", moment, SUMMER, "Europe/London"),
        case("31 October 2023, 20:00 UTC+03:00", moment, WINTER, "Asia/Riyadh"),
        case("CET", zone_label, "Europe/Rome", WINTER),
        case("CEST", zone_label, "Europe/Rome", SUMMER),
        case("UTC+05:45", zone_label, "Asia/Kathmandu", WINTER),
        case("UTC-03:00", zone_label, "America/Sao_Paulo", WINTER),
        case("UTC", zone_label, "UTC", WINTER),
        case("Rome", zone_city, "Europe/Rome"),
        case("London", zone_city, "Europe/London"),
        case("Buenos Aires", zone_city, "America/Argentina/Buenos_Aires"),
        case("1st", ordinal, 1),
        case("2nd", ordinal, 2),
        case("3rd", ordinal, 3),
        case("5th", ordinal, 5, "feminine"),
        case("11th", ordinal, 11),
        case("12th", ordinal, 12),
        case("13th", ordinal, 13),
        case("21st", ordinal, 21),
        case("112th", ordinal, 112),
        case("90", number, 90),
        case("1,500", number, 1500),
        case("1,234,567", number, 1_234_567),
        case("12.5", number, 12.5),
        case("1,500.25", number, Decimal("1500.25")),
        case("0 bytes", file_size, 0),
        case("1 byte", file_size, 1),
        case("999 bytes", file_size, 999),
        case("1 kB", file_size, 1000),
        case("180 kB", file_size, 180_432),
        case("1 MB", file_size, 999_900),
        case("1.1 MB", file_size, 1_100_000),
        case("12 MB", file_size, 12_345_678),
        case("2.5 GB", file_size, 2_500_000_000),
        case("Italian", language_name, "it"),
        case("English", language_name, "en"),
        case("British English", language_name, "en-gb"),
        case("Simplified Chinese", language_name, "zh-hans"),
        case("Italian", language_name, "it-sm"),
        case("xx", language_name, "xx"),
        case("Italy", country_name, "IT"),
        case("United Kingdom", country_name, "gb"),
        case("Bosnia and Herzegovina", country_name, "BA"),
        case("QX", country_name, "QX"),
        case("", conjunction, []),
        case("a", conjunction, ["a"]),
        case("a and b", conjunction, ["a", "b"]),
        case("a, b and c", conjunction, ["a", "b", "c"]),
        case("Italy and Estonia", conjunction, ("Italy", "Estonia")),
        case(("“", "”"), quotation_marks),
        case("sienas", slug, "Siena's"),
        case("sienas-hospitals", slug, "Siena’s hospitals"),
        case("dont-panic", slug, "Don’t panic"),
        case("what-were-doing", slug, "What we’re doing"),
        case("patients-voices", slug, "Patients’ voices"),
        case("o-brien", slug, "O’Brien"),
        case("dell-universita", slug, "dell'università"),
        case("14-15-november-2023", slug, "14–15 November 2023"),
        case("sorensen-and-lodz", slug, "Sørensen and Łódź"),
    ],
)
def test_english_is_written_as_the_british_write_it(function, args, options, expected):
    with translation.override("en"):
        assert function(*args, **options) == expected


@pytest.mark.parametrize(
    ("function", "args", "options", "expected"),
    [
        case("14 novembre 2023", days, NOV_14),
        case("14 novembre 2023", days, NOV_14, NOV_14),
        case("14 novembre", days, NOV_14, year=False),
        case("martedì 14 novembre 2023", days, NOV_14, weekday=True),
        case("martedì 14 novembre", days, NOV_14, weekday=True, year=False),
        case("1º agosto 2024", days, AUG_1),
        case("giovedì 1º agosto 2024", days, AUG_1, weekday=True),
        case("8 novembre 2023", days, NOV_8),
        case("14 e 15 novembre 2023", days, NOV_14, NOV_15),
        case("14 e 15 novembre", days, NOV_14, NOV_15, year=False),
        case("martedì 14 e mercoledì 15 novembre 2023", days, NOV_14, NOV_15, weekday=True),
        case("30 novembre e 1º dicembre 2023", days, NOV_30, DEC_1),
        case("31 dicembre 2023 e 1º gennaio 2024", days, DEC_31, JAN_1),
        case("31 dicembre e 1º gennaio", days, DEC_31, JAN_1, year=False),
        case("dal 14 al 17 novembre 2023", days, NOV_14, NOV_17),
        case("dall’8 all’11 novembre 2023", days, NOV_8, NOV_11),
        case("dall’11 al 14 novembre 2023", days, NOV_11, NOV_14),
        case("dal 1º al 3 agosto", days, AUG_1, AUG_3, year=False),
        case("dal 1º all’8 agosto 2024", days, AUG_1, AUG_8),
        case("dal 18 al 28 novembre 2023", days, date(2023, 11, 18), date(2023, 11, 28)),
        case("dal 30 novembre al 2 dicembre 2023", days, NOV_30, DEC_2),
        case("dal 30 novembre al 2 dicembre", days, NOV_30, DEC_2, year=False),
        case("dal 17 novembre al 1º dicembre 2023", days, NOV_17, DEC_1),
        case("dal 30 dicembre 2023 al 2 gennaio 2024", days, DEC_30, JAN_2),
        case("dal 14 novembre 2023 al 14 novembre 2024", days, NOV_14, date(2024, 11, 14)),
        case("da martedì 14 a venerdì 17 novembre 2023", days, NOV_14, NOV_17, weekday=True),
        case(
            "da sabato 30 dicembre 2023 a martedì 2 gennaio 2024",
            days,
            DEC_30,
            JAN_2,
            weekday=True,
        ),
        case(("14", "nov", "2023"), days_short, NOV_14),
        case(("1–3", "ago", "2024"), days_short, AUG_1, AUG_3),
        case(("14–15", "nov", "2023"), days_short, NOV_14, NOV_15),
        case(("30–2", "nov–dic", "2023"), days_short, NOV_30, DEC_2),
        case(("30–2", "dic–gen", "2023–24"), days_short, DEC_30, JAN_2),
        case("14.30", time_of_day, time(14, 30)),
        case("9.00", time_of_day, time(9)),
        case("0.05", time_of_day, time(0, 5)),
        case("9.30–10.00", time_range, time(9, 30), time(10)),
        case("alle ore 14.30", at_time, time(14, 30)),
        case("ore 14.30", hour, time(14, 30)),
        case("ore 1.00", hour, time(1)),
        case("31 ottobre 2023, ore 18.00 CET", moment, WINTER, "Europe/Rome"),
        case("1º agosto 2024, ore 0.05 CEST", moment, SUMMER, "Europe/Rome"),
        case("31 ottobre 2023, ore 20.00 UTC+03:00", moment, WINTER, "Asia/Riyadh"),
        case("CET", zone_label, "Europe/Rome", WINTER),
        case("Roma", zone_city, "Europe/Rome"),
        case("Londra", zone_city, "Europe/London"),
        case("Buenos Aires", zone_city, "America/Argentina/Buenos_Aires"),
        case("primo", ordinal, 1),
        case("seconda", ordinal, 2, "feminine"),
        case("terzo", ordinal, 3),
        case("quinto", ordinal, 5),
        case("quinta", ordinal, 5, "feminine"),
        case("nona", ordinal, 9, "feminine"),
        case("decimo", ordinal, 10),
        case("11º", ordinal, 11),
        case("11ª", ordinal, 11, "feminine"),
        case("90", number, 90),
        case("1.500", number, 1500),
        case("1.234.567", number, 1_234_567),
        case("12,5", number, 12.5),
        case("1.500,25", number, Decimal("1500.25")),
        case("1 byte", file_size, 1),
        case("999 byte", file_size, 999),
        case("180 kB", file_size, 180_432),
        case("1,1 MB", file_size, 1_100_000),
        case("2,5 GB", file_size, 2_500_000_000),
        case("italiano", language_name, "it"),
        case("inglese", language_name, "en"),
        case("inglese britannico", language_name, "en-gb"),
        case("Italia", country_name, "IT"),
        case("Regno Unito", country_name, "gb"),
        case("Paesi Bassi", country_name, "NL"),
        case("Bosnia ed Erzegovina", country_name, "BA"),
        case("Unione europea", country_name, "EU"),
        case("", conjunction, []),
        case("a", conjunction, ["a"]),
        case("a e b", conjunction, ["a", "b"]),
        case("a, b e c", conjunction, ["a", "b", "c"]),
        case("Italia ed Estonia", conjunction, ("Italia", "Estonia")),
        case("Italia e Austria", conjunction, ("Italia", "Austria")),
        case("Italia, Francia ed Europa", conjunction, ("Italia", "Francia", "Europa")),
        case("relatori ed esperti", conjunction, ("relatori", "esperti")),
        case("bontà ed «equità»", conjunction, ("bontà", "«equità»")),
        case("autori e editori", conjunction, ("autori", "editori")),
        case("genomica e eHealth", conjunction, ("genomica", "eHealth")),
        case("seminari e e-learning", conjunction, ("seminari", "e-learning")),
        case(("«", "»"), quotation_marks),
        case("l-innovazione-in-citta", slug, "L’innovazione in città"),
        case("dell-universita", slug, "dell'università"),
        case("perche-l-eta-conta", slug, "Perché l’età conta"),
        case("c-e-piu-salute", slug, "C’è più salute!"),
        case("la-qualita-della-vita", slug, "La qualita' della vita"),
        case("un-po-di-numeri", slug, "Un po’ di numeri"),
        case("malattia-di-alzheimers-disease", slug, "Malattia di «Alzheimer’s Disease»"),
    ],
)
def test_italian_is_written_as_an_italian_would(function, args, options, expected):
    with translation.override("it"):
        assert function(*args, **options) == expected


@pytest.mark.parametrize(
    ("language", "function", "args", "options", "expected"),
    [
        pytest.param(language, *example.values, id=f"{language} {example.id}")
        for language, example in [
            ("de", case("14. November 2023", days, NOV_14)),
            ("de", case("Dienstag, 14. November 2023", days, NOV_14, weekday=True)),
            ("de", case("14. November", days, NOV_14, year=False)),
            ("de", case("14.–15. Nov. 2023", days, NOV_14, NOV_15)),
            ("de", case("14.–15. Nov.", days, NOV_14, NOV_15, year=False)),
            ("de", case(("14–15", "Nov.", "2023"), days_short, NOV_14, NOV_15)),
            ("de", case("09:30–10:00", time_range, time(9, 30), time(10))),
            ("de", case("14:30", at_time, time(14, 30))),
            ("de", case("31. Oktober 2023, 18:00 CET", moment, WINTER, "Europe/Rome")),
            ("de", case("Rom", zone_city, "Europe/Rome")),
            ("de", case("5", ordinal, 5)),
            ("de", case("1,1 MB", file_size, 1_100_000)),
            ("de", case("a, b und c", conjunction, ["a", "b", "c"])),
            ("de", case("Italienisch", language_name, "it")),
            ("fr", case("14 novembre 2023", days, NOV_14)),
            ("fr", case("l-innovation-a-l-hopital", slug, "L’innovation à l’hôpital")),
            ("pt-br", case("14 de novembro de 2023", days, NOV_14)),
            ("el", case("ygeia", slug, "Υγεία")),
        ]
    ],
)
def test_language_without_a_module_gets_what_cldr_says(language, function, args, options, expected):
    with translation.override(language):
        assert function(*args, **options) == expected


def test_regional_variant_has_the_rules_of_its_language():
    with translation.override("en-us"):
        assert days(NOV_14, NOV_15) == "14–15 November 2023"


def test_named_language_goes_before_the_active_one():
    with translation.override("en"):
        assert days(NOV_14, NOV_15, language="it") == "14 e 15 novembre 2023"
        assert slug("Siena’s", language="fr") == "sienas"


def test_no_active_language_means_the_default_one(settings):
    settings.LANGUAGE_CODE = "it"

    with translation.override(None):
        assert days(NOV_14) == "14 novembre 2023"


@pytest.mark.parametrize(
    ("function", "args"),
    [
        (days, (WINTER,)),
        (days, (NOV_14, SUMMER)),
        (days_short, (WINTER, SUMMER)),
        (time_of_day, (WINTER,)),
        (time_range, (WINTER, SUMMER)),
        (at_time, (WINTER,)),
        (hour, (WINTER,)),
    ],
)
def test_moment_without_a_zone_is_refused(function, args):
    with pytest.raises(TypeError, match="time zone"):
        function(*args)


def test_naive_moment_is_refused():
    with pytest.raises(ValueError, match="naive"):
        moment(WINTER.replace(tzinfo=None), "Europe/Rome")


def test_moment_is_the_same_from_any_zone():
    in_tokyo = WINTER.astimezone(timezone(timedelta(hours=9)))

    assert moment(in_tokyo, "Europe/Rome", language="en") == "31 October 2023, 18:00 CET"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a" * 90, "a" * 80),
        ("ab " * 40, "-".join(["ab"] * 27)),
        ("a" * 80 + " b", "a" * 80),
        ("a" * 79 + " b", "a" * 79),
        ("«…»", ""),
        ("", ""),
    ],
    ids=[
        "one long word",
        "many words",
        "cut falls on a hyphen",
        "last word over",
        "no letter",
        "empty",
    ],
)
def test_slug_is_cut_between_words(text, expected):
    assert slug(text, language="en") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Qualità", "qualita"),
        ("dell’innovazione", "dell innovazione"),
        ("DELL'INNOVAZIONE", "dell innovazione"),
        ("perché", "perche"),
        ("Sørensen, Łódź", "sorensen, lodz"),
        ("Straße", "strasse"),
        ("œuvre", "oeuvre"),
        ("Υγεία", "υγεια"),
        ("Medicina™ 1º", "medicinatm 1o"),
    ],
    ids=anyascii,
)
def test_fold_leaves_what_a_hurried_reader_types(text, expected):
    assert fold(text) == expected


TEMPLATES = [
    ("{% days start end %}", "14–15 November 2023", "14 e 15 novembre 2023"),
    (
        "{% days start weekday=True %}",
        "Tuesday 14 November 2023",
        "martedì 14 novembre 2023",
    ),
    (
        "{% days_short start end as short %}{{ short.0 }}|{{ short.1 }}|{{ short.2 }}",
        "14–15|Nov|2023",
        "14–15|nov|2023",
    ),
    ("{{ opens|time_of_day }}", "09:30", "9.30"),
    ("{% time_range opens closes %}", "09:30–10:00", "9.30–10.00"),
    (
        "{% moment at 'Europe/Rome' %}",
        "31 October 2023, 18:00 CET",
        "31 ottobre 2023, ore 18.00 CET",
    ),
    ("{{ 1500|number }}", "1,500", "1.500"),
    ("{{ 1100000|file_size }}", "1.1 MB", "1,1 MB"),
    ("{{ 'it'|language_name }}", "Italian", "italiano"),
    ("{{ 'IT'|country_name }}", "Italy", "Italia"),
    ("{{ cities|conjunction }}", "Siena and &lt;Empoli&gt;", "Siena ed &lt;Empoli&gt;"),
    ("{% quotation_marks as marks %}{{ marks.0 }}x{{ marks.1 }}", "“x”", "«x»"),
]


@pytest.mark.parametrize(
    ("language", "source", "expected"),
    [
        pytest.param(language, source, expected, id=f"{language} {source}")
        for source, *both in TEMPLATES
        for language, expected in zip(("en", "it"), both, strict=True)
    ],
)
def test_wording_says_the_same_in_templates(language, source, expected):
    engine = Engine(libraries={"wording": "pages.templatetags.wording"})
    context = Context(
        {
            "start": NOV_14,
            "end": NOV_15,
            "opens": time(9, 30),
            "closes": time(10),
            "at": WINTER,
            "cities": ["Siena", "<Empoli>"],
        }
    )

    with translation.override(language):
        rendered = engine.from_string("{% load wording %}" + source).render(context)

    assert rendered == expected


@pytest.mark.parametrize(
    ("code", "italian"),
    [
        ("en", "dall’inglese"),
        ("fr", "dal francese"),
        ("es", "dallo spagnolo"),
        ("zh", "dal cinese"),
        ("uk", "dall’ucraino"),
        ("sr", "dal serbo"),
    ],
)
def test_from_language_takes_the_article_that_the_name_asks_for(code, italian):
    assert from_language(code, language="it") == italian


def test_from_language_in_english():
    assert from_language("it", language="en") == "from Italian"


@pytest.mark.parametrize(
    ("day", "italian"),
    [(1, "dato al 1º"), (8, "dato all’8"), (11, "dato all’11"), (14, "dato al 14")],
)
def test_as_of_takes_the_article_of_the_day(day, italian):
    assert as_of(date(2023, 11, day), language="it") == f"{italian} novembre 2023"
    assert as_of(date(2023, 11, day), language="en") == f"as of {day} November 2023"
