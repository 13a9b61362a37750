"""How long films are asked about, and how their parts are told. `{title}`, `{line}`, `{thing}`, `{t1}`, `{list}`,
`{kind}` stand for what is asked about."""

QUESTIONS: dict[str, tuple[str, ...]] = {
    "caption": (
        "Describe this video in detail, part by part, with the times.",
        "Give a dense caption of the whole video: what is shown from when to when.",
        "Write down everything that this video shows, in order, each part with start and end.",
    ),
    "story": (
        "Summarise in order what is shown in this video, without times.",
        "Tell what this video shows from beginning to end.",
    ),
    "chapters": (
        "Divide this video into chapters: start, end and heading of each.",
        "List the chapters of this video with their time spans.",
        "Make a table of contents for the video.",
    ),
    "when_title": (
        'From when to when is the part headed "{title}" shown?',
        'Find the chapter "{title}" in the video.',
        'When is "{title}" the heading on the screen?',
    ),
    "when_line": (
        'When does the line "{line}" come onto the screen?',
        'At what time does "{line}" first appear?',
        'Somewhere in this video it says "{line}". From what time on?',
    ),
    "when_thing": (
        "From when to when is there a picture of {thing}?",
        "In which span of the video is {thing} seen?",
    ),
    "at": ("What is shown at {t1}?", "Describe what is on the screen at {t1}."),
    "title_at": ("What is the heading at {t1}?", "Which chapter is running at {t1}?"),
    "count_kind": ("How many {kind} are there in the whole video?", "Count the {kind} in this video."),
    "count_thing": (
        "In how many parts of the video is {thing} pictured?",
        "Count the parts of the video in which there is a picture of {thing}.",
    ),
    "next": ('What is the heading of the part that follows "{title}"?', 'Which chapter comes right after "{title}"?'),
    "order": (
        "In which order do these headings come?\n{list}\nAnswer with the letters.",
        "Put these chapters in order (letters only):\n{list}",
    ),
    "longest": (
        "Which part of the video is the longest? Give its heading.",
        "What is the heading of the longest chapter?",
    ),
}
KINDS = {
    "slide": ("slides of text", "a slide"),
    "photo": ("photographs", "a photograph"),
    "things": ("parts with pictures of things", "pictures of things"),
    "diagram": ("diagrams", "a diagram"),
}
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
