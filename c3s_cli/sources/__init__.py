"""Where data about a cluster comes from: each source fills a Sample."""
