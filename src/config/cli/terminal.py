"""Words on the terminal: Japanese first, then English."""

import sys


class Stop(Exception):
    """Ends the command with a message for the person at the terminal, and no traceback."""

    def __init__(self, japanese: str, english: str, *, code: int = 1) -> None:
        super().__init__(f"{japanese}\n{english}")
        self.code = code


def say(japanese: str, english: str = "") -> None:
    """One line of progress. Goes to stderr, so that what a command prints as its answer stays clean."""
    print(f"縁 {japanese}" + (f"  / {english}" if english else ""), file=sys.stderr, flush=True)
