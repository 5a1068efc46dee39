"""Who teaches whom now: presence of teachers, calls, proposals."""
