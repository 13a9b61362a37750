"""Tables of words that decide what sprites may be called."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words that also name what bears another name ("are there birds?" of an eagle): no truth about them is certain.
GENERIC = _words(
    """
    animal art bag ball bird boat body bottle bowl box boy bug building can candy car card character child city
    clothes clothing container creature cup dessert device dish dog drink face fish flag flower food fruit furniture
    game girl glass group hat head home house human icon insect instrument item kid leaf logo machine man meat menu
    money monster office people person picture plant play prop road room scene shape ship shoe sport statue
    tableware thing tool toy transport tree utensil vegetable vehicle vessel water weapon weather woman work world
    """
)
# "Two bacons"
UNCOUNTED = _words(
    """
    algae bacon bacteria barley broccoli butter cash clothing corn dirt equipment flax foam food fur garlic gold
    grass ham hemp honey ink internet jewelry juice laundry linen lingerie luggage mail meat milk money mud
    nutrition oat oats oil paint pasta plaster rain rice rye salt sand shopping silver smoke snow soap sugar tea
    tissue traffic user wheat wood wool
    """
)
# Things all the same, though their commonest senses in WordNet are of signs, forms, amounts, substances or money.
ALSO_THINGS = _words(
    """
    amethyst ball banknote bulb buoy calendar card cluster coin cyclone diamond drop droplet fingerprint fire flame
    gift hatch hexagon kite label letter medal newspaper notepad octagon pack paper pearl pick pile pillar postcard
    pyramid ring ruby scale scoop scroll signpost skeleton smartwatch snowflake stack stamp ticket topaz tornado
    whirlwind windsock wrench
    """
)
SMALL_WORDS = _words("a an and at for in of on or the to with without")
SYNONYMS = {
    **{"aeroplane": "airplane", "plane": "airplane", "automobile": "car", "bike": "bicycle", "burger": "hamburger"},
    **{"cellphone": "phone", "telephone": "phone", "smartphone": "phone", "cab": "taxi", "chilli": "chili"},
    **{"film": "movie", "pc": "computer", "laptop": "computer", "desktop": "computer", "picture": "painting"},
    **{"present": "gift", "rabbit": "hare", "bunny": "hare", "sailboat": "ship", "boat": "ship", "ferry": "ship"},
    **{"spectacles": "glasses", "eyeglasses": "glasses", "trainer": "sneaker", "tv": "television", "lorry": "truck"},
    **{"donut": "doughnut", "locomotive": "train", "railway": "train", "tram": "train", "streetcar": "train"},
    **{"blade": "knife", "dagger": "knife", "gun": "pistol", "revolver": "pistol", "saber": "sword", "katana": "sword"},
    **{"planet": "globe", "earth": "globe", "world": "globe", "hog": "pig", "boar": "pig", "swine": "pig"},
    **{"cow": "cattle", "ox": "cattle", "bull": "cattle", "hen": "chicken", "rooster": "chicken", "chick": "chicken"},
    **{"mug": "cup", "teacup": "cup", "infant": "baby", "newborn": "baby", "snail": "shell", "cap": "hat"},
    **{"bra": "bikini", "spade": "shovel", "lamp": "light", "bulb": "light", "torch": "light", "lantern": "light"},
    **{"kitten": "cat", "puppy": "dog", "pup": "dog", "pony": "horse", "mare": "horse", "stallion": "horse"},
    **{"footballer": "soccer", "football": "soccer", "cookie": "biscuit", "wasp": "bee", "honeybee": "bee"},
}
