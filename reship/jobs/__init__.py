"""JOBS: one deed done to many orders of a client in the background."""
