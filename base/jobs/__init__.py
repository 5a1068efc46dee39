"""Jobs: long work that survives a restart, shows progress and can be cancelled."""
