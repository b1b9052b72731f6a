"""DOOR 3: the command line."""
