"""Storage formats: one file each, with encode, decode and the exact size in bits."""
