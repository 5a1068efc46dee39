"""The pen bridge: runs on the teacher's PC and carries the pen's dots to the server."""
