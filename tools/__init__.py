"""What `make` calls: set-up, run, test. Not part of the service."""
