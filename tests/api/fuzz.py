"""`python3 run.py fuzz`: schemathesis against the API, as each role, in databases of its own.

`--cases 5000 --database postgresql --role manager` says how much, where and as whom. It ends with 1 when anything was
found. The suite takes a sample of it (test_fuzz.py).
"""

import argparse
import os
import random
import sys
import time

KINDS = ("sqlite", "postgresql")


def main(arguments: list[str]) -> int:
    options = parser().parse_args(arguments)
    os.environ |= {"DJANGO_SETTINGS_MODULE": "tests.settings", "RESHIP_TEST_DATABASE": options.database}
    import django

    django.setup()
    from reship.clients.roles import Role
    from reship.inventory.audit import audit
    from tests.api.fuzzing import PHASES, fuzz, key_for_fuzzing
    from tests.databases import databases_of_this_run, migrated

    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(2**32)
    wrong = 0
    databases = databases_of_this_run()
    databases.open()
    try:
        template = migrated(databases, "template")
        for role in [Role(name) for name in options.role or [role.value for role in Role]]:
            started = time.monotonic()
            with databases.copy(template).in_use():
                findings = fuzz(
                    key_for_fuzzing(role),
                    cases=options.cases,
                    seed=seed,
                    phases=options.phase or PHASES,
                    only=options.only,
                )
                found = findings.wrong | {f"audit: {difference}": "" for difference in audit()}
            for headline, detail in found.items():
                say(f"\n{headline}\n{detail}\n")
            wrong += len(found)
            statuses = ", ".join(f"{number} × {status}" for status, number in sorted(findings.statuses.items()))
            phases = ", ".join(f"{phase} {number}" for phase, number in findings.phases.items())
            say(
                f"{options.database}, {role}, seed {seed}: {findings.requests} requests ({phases}) in "
                f"{time.monotonic() - started:.0f} s: {statuses}; wrong: {len(found)}"
            )
    finally:
        databases.close()
    return 1 if wrong else 0


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="run.py fuzz", description=__doc__)
    made.add_argument("--cases", type=int, default=5_000, help="how many requests to make up, about (default: 5000)")
    made.add_argument("--database", choices=KINDS, default=KINDS[0])
    made.add_argument("--role", action="append", help="whose key (default: each role's in turn)")
    made.add_argument("--seed", type=int, help="the same seed sends the same requests (default: another each time)")
    made.add_argument("--phase", action="append", help="only this phase of schemathesis")
    made.add_argument("--only", action="append", metavar="PATH", help="only this path, as the document has it")
    return made


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
