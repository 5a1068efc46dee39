"""Ways to a pen. Today: a virtual pen that plays or writes by itself."""
