"""``make faults-mail``: the tests that kill workers in the middle, five times, on each database."""

import os
import signal
import sys
import tempfile
from pathlib import Path

from scripts import services
from scripts.catalogues import compile_catalogues
from scripts.processes import ROOT, Processes
from scripts.test import Run, install_missing, interrupt, say

ROUNDS = "5"
TESTS = "tests/newsletter/test_faults.py"


def main() -> int:
    """With arguments: pytest's, for instance ``-k kills``."""
    signal.signal(signal.SIGTERM, interrupt)
    arguments = [TESTS, *sys.argv[1:]]
    rounds = {"FAULT_ROUNDS": os.environ.get("FAULT_ROUNDS", ROUNDS)}
    processes = Processes()
    with tempfile.TemporaryDirectory(prefix="portal-faults-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL's user must get to its folder
        run = Run(processes, Path(folder))
        try:
            if missing := {"postgresql", "redis-server"} & set(install_missing()):
                say(f"Missing on this machine: {', '.join(sorted(missing))}")
                return 1
            compile_catalogues()
            if "DATABASE" not in os.environ or os.environ["DATABASE"] == "sqlite":
                run.tests("SQLite", arguments, **rounds)
            with (
                services.postgresql_server(processes, Path(folder, "postgresql")) as database,
                services.redis_server(processes, Path(folder, "redis")) as broker,
            ):
                services_of = {"DATABASE_URL": database, "REDIS_URL": broker}
                run.tests("PostgreSQL and Redis", arguments, **rounds, **services_of)
        except KeyboardInterrupt:
            say("\nInterrupted")
            return 130
        finally:
            processes.stop()
    say("{passed} passed, {failed} failed, {skipped} skipped".format_map(run.counts))
    return 1 if run.failed else 0


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main())
