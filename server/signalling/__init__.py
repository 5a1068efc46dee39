"""The WebSockets: reader, bounded outbox, dispatch by message type; lobby, rooms and pens."""
