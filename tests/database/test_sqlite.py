"""The SQLite backend: durable, strict, fair."""
