"""Django's SQLite backend, made durable, strict and fair."""
