"""How edited footage is asked about. `{t1}`, `{t2}`, `{colour}` and `{pictures}` stand for what is asked about."""

COLOURS = {  # RGB of the plain colours, by name
    **{"black": (0, 0, 0), "white": (255, 255, 255), "grey": (128, 128, 128), "red": (200, 24, 30)},
    **{"green": (20, 140, 60), "blue": (24, 60, 190), "yellow": (240, 210, 40)},
}
QUESTIONS: dict[str, tuple[str, ...]] = {
    "cuts": (
        "When does the video cut to another scene? List the times.",
        "At what times is there a hard cut in this video?",
        "Find every shot boundary and give its time.",
    ),
    "shots": (
        "Split the video into its shots and give start and end of each.",
        "List the shots of this video with their time spans.",
    ),
    "shot_count": ("How many shots is the video cut together from?", "Count the shots in this video."),
    "shot_of": (
        "From when to when does the shot run that this picture is taken from?\n{pictures}",
        "{pictures}\nThis frame belongs to one shot of the video. Give that shot's span of time.",
    ),
    "still": (
        "At what time in the video is this frame seen?\n{pictures}",
        "{pictures}\nFind this frame in the video and give its time.",
        "When does the video look exactly like this picture?\n{pictures}",
    ),
    "order": (
        "In which order do these frames appear in the video?\n{pictures}\nAnswer with their numbers.",
        "{pictures}\nPut these frames in the order of the video (numbers only).",
    ),
    "odd": (
        "One of these pictures is not from the video. Which one?\n{pictures}",
        "{pictures}\nWhich of these pictures was not taken from the video? Give its number.",
    ),
    "colour_when": (
        "When is the screen plain {colour}?",
        "From when to when does a {colour} screen interrupt the video?",
        "Find the span in which nothing but {colour} is shown.",
    ),
    "colour_at": ("What colour fills the screen at {t1}?", "Which plain colour is shown at {t1}?"),
    "interruptions": (
        "How often is the video interrupted by a plain screen?",
        "Count the times that a plain colour replaces the picture.",
    ),
    "freeze_when": (
        "From when to when is the picture frozen?",
        "When does the video stand still?",
        "Find the span of time in which nothing moves because the frame is held.",
    ),
    "again_when": (
        "From when to when is part of the video shown again?",
        "When does the replay run?",
        "Give the span of time in which earlier footage is repeated.",
    ),
    "again_of": (
        "Which span of the video is shown again from {t1} to {t2}?",
        "What was first seen when, that is repeated between {t1} and {t2}?",
    ),
    "again_how": (
        "How is the footage replayed from {t1} on: backwards, in slow motion or sped up?",
        "The footage repeats from {t1}. In which way does it run?",
    ),
    "caption_when": (
        "From when to when is a caption shown?",
        "When is there a text panel over the video?",
    ),
    "caption_text": (
        "What does the caption say?",
        "Read the text that is laid over the video.",
        "What is written at {t1}?",
    ),
    "inset_when": (
        "From when to when is this picture shown within the video?\n{pictures}",
        "{pictures}\nWhen is this picture laid over the video?",
    ),
    "events": (
        "Describe what happens to this video over time: cuts, plain screens, freezes, replays, overlays.",
        "List how the video was edited, with times.",
        "Give a timeline of the edits in this video.",
    ),
}
HOW = {"backwards": "backwards", "slow": "in slow motion, at half the speed", "fast": "sped up, at twice the speed"}
PIECES = {
    "clip": "the footage plays",
    "colour": "the screen is plain {colour}",
    "freeze": "the picture is frozen",
    "backwards": "the footage plays backwards",
    "slow": "footage is shown again in slow motion, at half the speed",
    "fast": "footage is shown again, sped up to twice the speed",
}
SHOT = "shot {number}"
CAPTION, INSET = 'a caption says "{text}"', "another picture lies over the footage"
