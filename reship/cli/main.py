"""`reship COMMAND …`: commands are Django's management commands, each in its file under `management/commands`."""

import os
import sys

import django
from django.core.management import ManagementUtility, get_commands, load_command_class

import reship


def main() -> None:
    """Ends with 0, 1 when a command failed or was refused, 2 when it was called wrongly, 130 after Ctrl-C."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reship.config.settings")
    try:
        _run(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # The reader (`| head`) has seen enough. Python would complain once more when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(arguments: list[str]) -> None:
    if arguments in (["version"], ["--version"]):
        sys.stdout.write(f"Reship {reship.__version__}\n")
        return
    django.setup()  # Before the commands are looked up: Django remembers what it found.
    if arguments in ([], ["help"], ["--help"], ["-h"]):
        sys.stdout.write(_overview())
        return
    if arguments[0] != "help" and arguments[0] not in get_commands():
        sys.stderr.write(f"reship: there is no command {arguments[0]!r}; `reship help` lists them\n")
        sys.exit(2)
    ManagementUtility(["reship", *arguments]).execute()


def _overview() -> str:
    """Reship's own commands; Django's, which work as well, are for those who know them."""
    own = sorted(name for name, room in get_commands().items() if room == "reship.cli")
    width = max(len(name) for name in own)
    lines = [f"  {name:<{width}}  {load_command_class('reship.cli', name).help}" for name in own]
    return "\n".join(["reship COMMAND …, each with --help:", *lines, ""])


if __name__ == "__main__":
    main()
