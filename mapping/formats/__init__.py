"""Storage formats: one file each, with encode, decode and the exact size in bits."""

from mapping.formats.base import Format
from mapping.formats.registry import GENERAL, formats_for

__all__ = ["GENERAL", "Format", "formats_for"]
