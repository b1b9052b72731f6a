"""How the rooms are put together for one installation: settings, addresses, the WSGI door."""
