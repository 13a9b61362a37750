"""Text that moves over a picture: credits, tickers, teleprompters, chats, subtitles, counters and slides."""
