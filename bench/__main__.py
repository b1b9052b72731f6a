"""`python3 run.py bench`: builds the data, measures ours and hand-made in turn, and prints one table."""

import argparse
import os
import sys
import tempfile
from pathlib import Path

KINDS = ("sqlite", "postgresql")


def main(arguments: list[str]) -> int:
    options = parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="reship-bench-") as var:
        # Key, static files and all else of an installation of the bench's own; children inherit it.
        os.environ |= {"DJANGO_SETTINGS_MODULE": "reship.config.settings", "RESHIP_VAR": var}
        import django
        from django.conf import settings

        # Nothing that is measured looks at a password, and a safe hash takes long on purpose.
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
        django.setup()
        from django.core.management import call_command

        from bench import run
        from bench.places import Unusable

        call_command("collectstatic", interactive=False, verbosity=0)
        try:
            wish = run.Wish(
                orders=options.orders or (run.FEW_ORDERS if options.quick else 1_000_000),
                kinds=options.on or KINDS,
                url=options.database,
                keep=options.keep,
                is_quick=options.quick,
                only=options.only,
                form=run.Form(options.form),
            )
            return run.run(wish)
        except Unusable as unusable:
            sys.stderr.write(f"run.py: {unusable}\n")
            return 2


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="run.py bench", description=__doc__)
    made.add_argument("--orders", type=whole, help="how many orders there are (default: 1000000)")
    made.add_argument(
        "--database",
        metavar="URL",
        help="measure on this server, in databases of the bench's own (default: both kinds)",
    )
    made.add_argument("--on", action="append", choices=KINDS, help="only on this kind of database")
    made.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="keep the data there, and take it from there next time"
    )
    made.add_argument("--only", action="append", metavar="NAME", help="only the rows whose name begins so")
    made.add_argument("--quick", action="store_true", help="small: proves that it runs; the figures mean nothing")
    forms = made.add_mutually_exclusive_group()
    for name in ("json", "markdown"):
        forms.add_argument(f"--{name}", dest="form", action="store_const", const=name, help=f"the rows as {name}")
    made.set_defaults(form="table")
    return made


def whole(text: str) -> int:
    number = int(text)
    if not 500 <= number <= 10_000_000:
        raise argparse.ArgumentTypeError("500 to 10000000")
    return number


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
