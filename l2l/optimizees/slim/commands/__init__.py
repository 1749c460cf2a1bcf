"""The subcommands of ``slim``, and what they share."""
