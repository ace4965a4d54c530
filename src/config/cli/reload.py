"""For `enishi dev`: workers take new code, as Django's own server does by itself."""

import time
from pathlib import Path

from config.cli.supervisor import Supervisor


class ChangeWatch:
    """Ends the workers when Python sources change; the supervisor starts them again with the new code."""

    def __init__(self, sources: Path, supervisor: Supervisor) -> None:
        self.sources, self.supervisor = sources, supervisor
        self.newest = self._newest()
        self.looked_at = time.monotonic()

    def _newest(self) -> float:
        return max((path.stat().st_mtime for path in self.sources.rglob("*.py")), default=0.0)

    def __call__(self) -> None:
        if time.monotonic() - self.looked_at < 1:
            return
        self.looked_at = time.monotonic()
        newest = self._newest()
        if newest > self.newest:
            self.newest = newest
            for child in self.supervisor.children:
                if child.name.startswith("worker") and child.process is not None:
                    child.process.terminate()
                    child.failures = 0
