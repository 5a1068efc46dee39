"""WebSockets of any kind: reader, hello, rate, bounded outbox; knows no message of any one of them."""
