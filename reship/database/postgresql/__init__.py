"""Django's PostgreSQL backend under the rules that let the tables be sharded by client one day."""
