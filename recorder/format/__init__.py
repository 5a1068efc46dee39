"""The recording format: records to bytes and back. Pure: no files, no clock."""
