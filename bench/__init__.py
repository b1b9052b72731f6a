"""Reship beside hand-made SQL, measured in one run on the same data. README.md says what is compared and why."""
