"""The lobby: presence and calls, carried to people wherever their tabs are."""
