"""Long videos: over half an hour of slides, photographs, things and diagrams, with chapters and needles to be found."""
