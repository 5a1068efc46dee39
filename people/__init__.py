"""Who uses the service: accounts, roles, signing in, and the pens that belong to teachers."""
