"""The process: composition, HTTP, signalling, rooms, media."""
