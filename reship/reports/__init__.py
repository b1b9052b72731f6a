"""REPORTS: questions over the rows. Nothing is kept beside them, and nothing is written."""
