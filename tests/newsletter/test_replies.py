"""What follows from a mail server's answer."""

from datetime import timedelta

import pytest

from newsletter.replies import LADDER, Reply, Verdict, delay_after, is_bad_address, verdict


@pytest.mark.parametrize(
    ("code", "text", "is_recipient", "expected"),
    [
        (250, "2.0.0 taken", False, Verdict.SENT),
        (421, "4.3.2 going down", False, Verdict.BACK_OFF),
        (450, "4.2.0 greylisted", True, Verdict.DEFERRED),
        (451, "", False, Verdict.DEFERRED),
        (452, "4.2.2 full", True, Verdict.DEFERRED),
        (550, "5.1.1 no such user", True, Verdict.REFUSED),
        (550, "5.7.1 not from you", True, Verdict.REFUSED),
        (550, "5.7.1 spam", False, Verdict.POLICY),
        (554, "5.7.26 unsigned", False, Verdict.POLICY),
        (554, "transaction failed", False, Verdict.REFUSED),
        (530, "5.7.0 authentication required", False, Verdict.STOP),
        (535, "5.7.8 wrong password", False, Verdict.STOP),
    ],
)
def test_verdict_follows_from_code_and_status(code, text, is_recipient, expected):
    assert verdict(Reply(code, text), is_recipient=is_recipient) is expected


@pytest.mark.parametrize(
    ("text", "status"),
    [("5.1.1 no such user", "5.1.1"), ("no such user", ""), ("4.7.0 wait", "4.7.0"), ("", "")],
)
def test_reply_knows_its_enhanced_status(text, status):
    assert Reply(550, text).status == status


@pytest.mark.parametrize(
    ("text", "expected"),
    [("5.1.1 no such user", True), ("5.2.2 full", False), ("5.1.8 bad sender", False), ("", False)],
)
def test_address_is_bad_only_where_the_status_says_so(text, expected):
    assert is_bad_address(text) == expected


def test_ladder_goes_from_a_minute_to_two_days_and_ends():
    assert delay_after(1) == timedelta(minutes=1)
    assert timedelta(hours=47) < sum(LADDER, timedelta()) <= timedelta(hours=48)
    assert delay_after(len(LADDER) + 1) is None
