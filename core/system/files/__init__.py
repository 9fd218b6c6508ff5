"""Files that anybody may have made or may need: whole or not at all, read without trust, named for every place."""
