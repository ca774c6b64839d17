"""One API server, read through the official client. The only room that imports `kubernetes` and `urllib3`."""
