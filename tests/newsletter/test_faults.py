"""Once, whatever dies: real workers killed in the middle, the broker emptied, the database away.

``make faults-mail`` runs the first of these five times over.
"""

import os
import random
import signal
import subprocess
import threading
import time

import psycopg
import pytest
import redis
from django.db import connection
from django.utils import timezone

from newsletter import ticking
from newsletter.models import Announcement, Delivery, Sender
from scripts import services
from scripts.processes import Processes
from tests.newsletter.conftest import launched, states
from tests.newsletter.faults import compare, let_deferred_come_due, running_engine
from tests.newsletter.sink import Behaviour, running_sink

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="looks into /proc"),  # noqa: PTH110
]

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "1"))
KILLS = 30
MESSAGES = 20_000


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "var"
    path.mkdir()
    return path


@pytest.fixture
def sink():
    with running_sink(keep_content=False) as running:
        yield running


def kill_in_the_middle(engine, announcement, kills: int, seed: int) -> int:
    """SIGKILL at random moments, as long as there is something to send; how many were dealt."""
    dice = random.Random(seed)  # noqa: S311 (not for secrets)
    dealt = 0
    while dealt < kills:
        time.sleep(dice.uniform(0.05, 0.5))
        announcement.refresh_from_db()
        if announcement.state == Announcement.State.FINISHED:
            break
        if Sender.objects.exists() and engine.kill_one(dice):
            dealt += 1
    return dealt


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_kills_in_the_middle_double_and_lose_nobody(sink, folder, seed, record_property):
    sink.behaviour.delay = 0.006  # long enough for thirty kills
    announcement = launched(MESSAGES)

    with running_engine(sink, folder) as engine:
        engine.wait_for_sent(1)
        dealt = kill_in_the_middle(engine, announcement, KILLS, seed)
        sink.behaviour.delay = 0.0
        engine.wait_for_end(announcement, 240)

    result = compare(sink, announcement)
    record_property("held", result.held)
    record_property("assumed", result.assumed)
    assert (result.doubled, result.missing, result.unseen) == ([], [], [])
    assert dealt == KILLS
    assert result.held <= 1 + dealt // 100
    assert not Sender.objects.exists()


def test_harness_sees_a_doubled_mail(sink, folder):
    sink.behaviour.delay = 0.02
    announcement = launched(3_000)
    wrong = {"app": "tests.newsletter.wrong_engines", "options": {"WRONG_ENGINE": "doubling"}}

    with running_engine(sink, folder, **wrong) as engine:
        engine.wait_for_sent(200)
        kill_in_the_middle(engine, announcement, 4, seed=1)
        engine.wait_for_end(announcement)

    assert len(compare(sink, announcement).doubled) > 0


def test_harness_sees_a_lost_mail(sink, folder):
    sink.behaviour.delay = 0.02
    announcement = launched(3_000)
    wrong = {"app": "tests.newsletter.wrong_engines", "options": {"WRONG_ENGINE": "losing"}}

    with running_engine(sink, folder, **wrong) as engine:
        engine.wait_for_sent(200)
        kill_in_the_middle(engine, announcement, 6, seed=1)
        engine.wait_for_end(announcement)

    assert len(compare(sink, announcement).missing) > 0


def test_worker_that_is_asked_to_stop_loses_and_holds_nothing(sink, folder):
    sink.behaviour.delay = 0.005
    announcement = launched(4_000)

    with running_engine(sink, folder) as engine:
        engine.wait_for_sent(500)
        for worker in list(engine.workers):
            os.kill(worker.pid, signal.SIGTERM)
        time.sleep(1)
        sink.behaviour.delay = 0.0
        engine.wait_for_end(announcement)
        restarts = engine.restarts

    assert restarts >= 1
    assert states(announcement) == {"sent": 4_000}
    assert compare(sink, announcement).is_once


@pytest.mark.postgresql
def test_emptied_and_restarted_broker_loses_and_doubles_nothing(sink, folder):
    sink.behaviour.delay = 0.005
    announcement = launched(6_000)
    processes = Processes()
    with (
        services.redis_server(processes, folder.parent / "redis") as url,
        running_engine(sink, folder, redis_url=url) as engine,
    ):
        engine.wait_for_sent(300)
        for _number in range(3):
            redis.Redis.from_url(url).flushall()
            time.sleep(0.3)
        server = processes.running[0]
        server.kill()
        server.wait()
        time.sleep(1)
        again = processes.start(server.args, stdout=subprocess.DEVNULL)
        services.wait_for(again, ("127.0.0.1", int(url.split(":")[2].split("/")[0])))
        sink.behaviour.delay = 0.0
        engine.wait_for_end(announcement)
    processes.stop()

    assert states(announcement) == {"sent": 6_000}
    assert compare(sink, announcement).is_once


@pytest.mark.postgresql
def test_database_that_restarts_loses_and_doubles_nothing(sink, folder):
    """What a restart is to its clients: every session ends, and none is let in for a while."""
    sink.behaviour.delay = 0.005
    announcement = launched(6_000)
    facts = connection.settings_dict
    outside = psycopg.connect(
        host=facts["HOST"], user=facts["USER"], dbname="postgres", autocommit=True
    )

    with running_engine(sink, folder) as engine:
        engine.wait_for_sent(300)
        connection.close()
        outside.execute(f'ALTER DATABASE "{facts["NAME"]}" ALLOW_CONNECTIONS false')
        outside.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
            [facts["NAME"]],
        )
        time.sleep(3)
        outside.execute(f'ALTER DATABASE "{facts["NAME"]}" ALLOW_CONNECTIONS true')
        sink.behaviour.delay = 0.0
        engine.wait_for_end(announcement)
    outside.close()

    assert states(announcement) == {"sent": 6_000}
    assert compare(sink, announcement).is_once


def test_half_deferred_and_some_refused_end_up_where_they_belong(sink, folder):
    first = set()

    def greylist(recipient: str) -> bytes | None:
        number = int(recipient[7:13])
        if number % 100 == 7:
            return b"550 5.1.1 no such user\r\n"
        if number % 4 < 2 and recipient not in first:
            first.add(recipient)
            return b"451 4.7.1 come back later\r\n"
        return None

    sink.behaviour.rcpt = greylist
    announcement = launched(2_000)

    with running_engine(sink, folder) as engine:
        deadline = time.monotonic() + 40
        while announcement.deliveries.filter(state=Delivery.State.QUEUED).exists():
            announcement.refresh_from_db()
            facts = (announcement.state, announcement.problem, states(announcement))
            assert time.monotonic() < deadline, f"{facts} {engine.logs()}"
            time.sleep(0.1)
        time.sleep(1)
        let_deferred_come_due(announcement)
        engine.wait_for_end(announcement)

    result = compare(sink, announcement)
    assert states(announcement) == {"sent": 1_980, "bounced": 20}
    assert (result.doubled, result.unseen) == ([], [])


def test_relay_killed_in_the_middle_doubles_nobody(folder):
    behaviour = Behaviour(delay=0.003)
    dying = {"data": set(), "dot": set()}

    def die_once(stage: str, modulus: int):
        def behave(recipient: str) -> bytes | None:
            number = int(recipient[7:13])
            if number % modulus == 3 and recipient not in dying[stage]:
                dying[stage].add(recipient)
                return b""  # the connection is gone without an answer
            return None

        return behave

    behaviour.data = die_once("data", 200)
    behaviour.dot = die_once("dot", 500)
    with running_sink(behaviour, keep_content=False) as sink:
        announcement = launched(2_000)
        with running_engine(sink, folder) as engine:
            engine.wait_for_end(announcement, 180)

        result = compare(sink, announcement)
    assert (result.doubled, result.missing, result.unseen) == ([], [], [])
    assert result.held == len(dying["dot"]) == 4


def test_clock_that_jumps_takes_nothing_from_a_sender_at_work(sink, folder, monkeypatch, settings):
    """A second process, a day ahead, sweeps all the time."""
    sink.behaviour.delay = 0.002
    announcement = launched(3_000)
    real = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: real() + timezone.timedelta(days=1))
    settings.VAR_DIR = folder

    with running_engine(sink, folder) as engine:
        engine.wait_for_sent(100)
        for _number in range(40):
            ticking.tick()
            time.sleep(0.05)
        sink.behaviour.delay = 0.0
        engine.wait_for_end(announcement)

    assert states(announcement) == {"sent": 3_000}
    assert compare(sink, announcement).is_once


def test_tarpit_holds_up_only_itself(folder):
    """One connection whose answers take long; the others send on."""
    waiting = threading.Event()

    def slow(recipient: str) -> bytes | None:
        if recipient == "reader-000000@example.org":
            waiting.set()
            return b""
        return None

    with running_sink(Behaviour(dot=slow, delay=0.001), keep_content=False) as sink:
        announcement = launched(1_500)
        with running_engine(sink, folder) as engine:
            engine.wait_for_end(announcement)

        result = compare(sink, announcement)
    assert waiting.is_set()
    assert (result.doubled, result.missing, result.held) == ([], [], 1)
