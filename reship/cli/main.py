"""`reship COMMAND …`: commands are Django's management commands, each in its file under `management/commands`."""

import os
import sys

import django
from django.core.management import ManagementUtility, get_commands


def main() -> None:
    """Ends with 0, 1 when a command failed or was refused, 2 when it was called wrongly, 130 after Ctrl-C."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reship.config.settings")
    arguments = sys.argv[1:] or ["help"]
    django.setup()  # Before the commands are looked up: Django remembers what it found.
    if not arguments[0].startswith("-") and arguments[0] not in {"help", "version", *get_commands()}:
        sys.stderr.write(f"reship: there is no command {arguments[0]!r}; `reship help` lists them\n")
        sys.exit(2)
    try:
        ManagementUtility(["reship", *arguments]).execute()
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # The reader (`| head`) has seen enough. Python would complain once more when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
