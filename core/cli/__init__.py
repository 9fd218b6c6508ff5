"""The subcommands that need neither torch nor a screen. Each module's `register` adds its command to a Typer."""
