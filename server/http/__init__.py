"""HTTP: thin handlers, one file a part of the interface; each parses, makes one call, renders."""
