"""What Reship asks of its database beyond Django: backends, retries, walls between clients, append-only tables."""
