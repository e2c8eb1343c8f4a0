"""The small languages that AWS embeds: text to tree to verdict, with no state."""
