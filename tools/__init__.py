"""What the maintenance of the project needs, and no user of it."""
