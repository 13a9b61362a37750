"""Words that every text of a language is full of: they tell running text from lists, and order from disorder."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lexicon:
    """`articles` stand before a noun or an adjective; `links` (prepositions, conjunctions, forms of `to be`) do not."""

    articles: frozenset[str]
    links: frozenset[str]
    others: frozenset[str]

    @property
    def stop_words(self) -> frozenset[str]:
        return self.articles | self.links | self.others


def _lexicon(articles: str, links: str, others: str) -> Lexicon:
    return Lexicon(frozenset(articles.split()), frozenset(links.split()), frozenset(others.split()))


LEXICONS = {
    "en": _lexicon(
        "the a an",
        "of to in and is are was were be for on with as by at from or that which if than but",
        "have has had it its this these those you your we they he she not can will do does may all into when there",
    ),
    "de": _lexicon(
        "der die das ein eine einen einem einer dem den des",
        "und ist sind war von zu mit auf für im am als an bei aus nach oder dass wenn wird werden",
        "in nicht auch es er sie wir ich sich man kann haben hat so nur noch über durch zum zur",
    ),
    "fr": _lexicon(
        "le la les un une des du",
        "et est sont était de à dans pour par sur avec ou que qui mais si",
        "en ne pas il elle ils vous nous on ce cette ces se sa son plus au aux peut être a ont",
    ),
    "es": _lexicon(
        "el la los las un una unos unas",
        "y es son era a en para por con o como pero si ser está",
        "de que no se su sus lo al del más este esta puede ha han hay",
    ),
    "it": _lexicon(
        "il lo la i gli le un una uno",
        "e è sono era di a da in per con o come ma se che",
        "non si del della dei delle al alla nel più questo questa può essere ha hanno",
    ),
    "pt": _lexicon(
        "o os a as um uma uns umas",
        "e é são em para por com ou como mas se ser está",
        "de que não do da dos das no na ao mais este esta pode tem",
    ),
    "nl": _lexicon(
        "de het een",
        "en is zijn was van in op te voor met aan door als of maar bij uit naar dat",
        "niet u je we ze hij er ook kan worden wordt heeft deze dit die om",
    ),
}
