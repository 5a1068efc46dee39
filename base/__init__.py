"""What every package stands on: clock, ids, errors, config, signing, storage, database, bus, log."""
