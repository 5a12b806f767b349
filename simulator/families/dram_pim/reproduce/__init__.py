"""Pages that put the family beside what is published about its machines."""
