"""Run as a program of its own: brings the tables up to date and gives the database roles their rights, in one process."""

import django
from django.core.management import call_command


def main() -> None:
    django.setup()
    # The system checks would load every page first; `enishi check` and the tests run them.
    call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
    call_command("grant_roles", skip_checks=True)


if __name__ == "__main__":
    main()
