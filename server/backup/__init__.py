"""Backup and restore: everything an installation keeps, as one file, while the server runs."""
