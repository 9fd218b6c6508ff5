"""The process and the machine it runs on: cores, memory, interrupts, and nothing sent home."""
