"""A simulated Kubernetes API server for demonstrations, documents and tests.

It speaks HTTP and JSON only and imports no other room of the program, so it cannot share a mistake with the client.
`server.start()` is the door.
"""
