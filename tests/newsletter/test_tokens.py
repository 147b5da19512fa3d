"""Private links: derived, unforgeable, and good for as long as the key is known."""

import pytest
from django.test import override_settings

from newsletter import tokens


@pytest.mark.parametrize("number", [0, 1, 255, 2**31, 2**63 - 1])
def test_token_leads_back_to_its_number(number):
    token = tokens.subscriber_token(number)

    assert tokens.subscriber_id(token) == number
    assert len(token) == tokens.TOKEN_LENGTH


def test_token_that_was_changed_belongs_to_nobody():
    token = tokens.subscriber_token(7)
    changed = {
        token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
        for at in range(len(token))
    }

    assert {tokens.subscriber_id(other) for other in changed} == {None}


@pytest.mark.parametrize("token", ["", "A" * 42, "A" * 43, "A" * 44, "é" * 43, "%" * 43, "\0" * 43])
def test_nonsense_belongs_to_nobody(token):
    assert tokens.subscriber_id(token) is None


def test_token_of_another_purpose_belongs_to_nobody():
    assert tokens.subscriber_id(tokens.TokenSigner("bounce").token(7)) is None


def test_link_survives_a_new_key_as_long_as_the_old_one_is_kept():
    token = tokens.subscriber_token(7)

    with override_settings(SECRET_KEY="new", SECRET_KEY_FALLBACKS=["only-for-the-tests"]):
        assert tokens.subscriber_id(token) == 7
    with override_settings(SECRET_KEY="new"):
        assert tokens.subscriber_id(token) is None


def test_secrets_are_long_and_only_their_digest_is_told():
    secret = tokens.new_secret()

    assert len(secret) == 43
    assert tokens.new_secret() != secret
    assert len(tokens.digest(secret)) == 64
