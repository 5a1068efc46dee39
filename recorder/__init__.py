"""The recorder: keeps a session so that it can be watched again, and checked."""
