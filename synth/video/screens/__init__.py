"""Recordings of screens being used: a pointer that moves, clicks, letters that are typed, screens that change."""
