"""Telling the client's own programs what happened: endpoints, messages made from the history, and their delivery."""
