"""DOOR 2: JSON. It translates, and makes one call that writes."""
