"""The commands, a file for each kind of question; nothing heavy is imported before one runs."""
