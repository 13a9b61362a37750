"""A shop: a catalogue that is filtered and sorted, pages of products, a cart, and the form of an order."""

from typing import Any

import numpy as np

from synth.gui.apps.place import Place, go
from synth.gui.apps.task import Step, Task, Trap
from synth.gui.words import content
from synth.gui.words.tables import goal, label

LABELS = (
    *("search", "add_to_cart", "checkout", "place_order", "remove", "cancel", "apply", "like", "color", "quantity"),
    *("category", "all", "sort_by", "price_up", "price_down", "best_rated", "recommended", "subtotal", "shipping"),
    *("discount", "total", "coupon", "payment", "credit_card", "cash", "bank_transfer", "express", "gift_wrap"),
    *("full_name", "street", "city", "added_to_cart", "order_placed", "empty_cart", "no_results", "required_field"),
    *(
        "nothing_here",
        "rating",
        "more",
        "reviews",
        "out_of_stock",
        "in_stock",
        "applied",
        "undo",
        "cart",
        "favorites",
        "order",
    ),
    *("increase", "decrease", "order_number"),
)
PAYMENTS = ("credit_card", "cash", "bank_transfer")
# Of each of the products of `lists.tsv`: its department there, and its picture.
SORTS = (
    *((0, "sun"), (1, "cloud"), (5, "box"), (3, "music"), (2, "cloud"), (0, "book"), (5, "box"), (0, "home")),
    *((0, "clock"), (5, "flag"), (1, "circle"), (0, "square"), (4, "link"), (3, "phone"), (0, "table"), (2, "tag")),
)


def draw(rng: np.random.Generator, place: Place) -> dict[str, Any]:
    """A shop of 9 to 15 products, some already in the cart."""
    language = place.language
    departments = content.some(language, "department")
    chosen = [int(at) for at in rng.permutation(len(SORTS))[: int(rng.integers(9, 16))]]
    prices = [int(price) for price in 5 * rng.choice(np.arange(60, 3_000), 16, replace=False) + 49]
    rates = rng.permutation(np.arange(28, 50))
    goods: dict[str, dict[str, Any]] = {}
    for at, good in enumerate(chosen):
        department, icon = SORTS[good]
        name = content.some(language, "product")[good]
        goods[f"p{at + 1}"] = {
            "name": f"{name} {content.code(rng)}" if rng.random() < 0.6 else name,
            "department": f"d{department}",
            "price": prices[at],
            "rating": int(rates[at]),
            "reviews": content.number(rng, 3, 900),
            "colors": [
                {"id": f"c{order}", "label": color}
                for order, color in enumerate(content.several(rng, content.some(language, "color"), 3))
            ],
            "facts": [
                [label(language, "size"), f"{content.number(rng)} × {content.number(rng)} cm"],
                [label(language, "number"), content.code(rng)],
            ],
            "stock": bool(rng.random() < 0.85),
            "hue": int(rng.integers(360)),
            "icon": icon,
        }
    stocked = [one for one, product in goods.items() if product["stock"]]
    filled = content.several(rng, stocked, 3)
    return {
        "name": f"{content.pick(rng, content.some(language, 'company'))}",
        "icon": "cart",
        "content": {
            "t": {key: label(language, key) for key in LABELS},
            "nav": [
                {"id": "catalogue", "label": label(language, "catalogue"), "icon": "grid"},
                {"id": "likes", "label": label(language, "favorites"), "icon": "heart"},
                {"id": "cart", "label": label(language, "cart"), "icon": "cart"},
            ],
            "departments": [
                {"id": f"d{at}", "label": departments[at]} for at in sorted({SORTS[good][0] for good in chosen})
            ],
            "goods": goods,
            "order": list(goods),
            "payments": [{"id": one, "label": label(language, one)} for one in PAYMENTS],
            "money": {"form": content.PRICES[language][0], "mark": content.PRICES[language][1], "vi": language == "vi"},
            "code": content.code(rng),
            "shipping": 10 * content.number(rng, 20, 90) + 9,
            "tiny": place.tiny,
        },
        "start": {
            "view": {"page": "catalogue"},
            "cart": {one: {"count": int(rng.integers(1, 5)), "color": "c0"} for one in filled},
            "likes": {one: bool(rng.random() < 0.15) for one in goods},
            "coupon": "",
            "order": None,
        },
    }


def tasks(rng: np.random.Generator, app: dict[str, Any], place: Place) -> list[Task]:
    """Tasks of every kind in this shop."""
    return [
        task for make in (_added, _compared, _liked, _in_the_cart, _ordered) for task in make(rng, app, place.language)
    ]


def _astray(app: dict[str, Any]) -> Trap:
    return Trap(0, go(app, "likes"), go(app, "catalogue"), "wrong_place")


def _added(rng: np.random.Generator, app: dict[str, Any], language: str) -> list[Task]:
    goods = app["content"]["goods"]
    free = [one for one, product in goods.items() if product["stock"] and one not in app["start"]["cart"]]
    if len(free) < 2:
        return []
    one, other = content.several(rng, free, 2)
    count, color = content.number(rng, 1, 4), content.pick(rng, goods[one]["colors"][1:])
    wrong = next(each for each in goods[one]["colors"] if each != color)
    more, add = Step("click", "count.more"), Step("click", "add")
    searched = (Step("type", "search", goods[one]["name"]),) if rng.random() < 0.4 else ()
    way = (*searched, Step("click", f"good.{one}"))
    traps = [] if wrong["id"] == "c0" else [Trap(len(way), (Step("click", f"color.{wrong['id']}"),), (), "wrong_value")]
    if count < 4:
        traps.append(Trap(len(way) + count, (more,), (Step("click", "count.less"),), "wrong_value"))
    if not searched:
        traps.append(Trap(0, (Step("click", f"good.{other}"),), (Step("click", "back"),), "wrong_item"))
        traps.append(_astray(app))
    return [
        Task(
            goal(rng, language, "shop", "add", product=goods[one]["name"], color=color["label"], count=count),
            "shop.add",
            {f"cart.{one}.count": count, f"cart.{one}.color": color["id"]},
            (*way, Step("click", f"color.{color['id']}"), *(more,) * (count - 1), add),
            tuple(traps),
        )
    ]


def _of_department(app: dict[str, Any], department: str) -> list[str]:
    return [one for one, product in app["content"]["goods"].items() if product["department"] == department]


def _compared(rng: np.random.Generator, app: dict[str, Any], language: str) -> list[Task]:
    goods, found = app["content"]["goods"], []
    of = {each["id"]: _of_department(app, each["id"]) for each in app["content"]["departments"]}
    several = [each for each in app["content"]["departments"] if len(of[each["id"]]) > 1]
    for key, sort in (("cheapest", "price_up"), ("dearest", "price_down")):
        department = content.pick(rng, several)
        other = content.pick(rng, [each for each in app["content"]["departments"] if each != department])
        some = sorted(of[department["id"]], key=lambda one: goods[one]["price"])
        one = some[0] if key == "cheapest" else some[-1]
        if not goods[one]["stock"] or one in app["start"]["cart"]:
            continue
        chip, slip = Step("click", f"department.{department['id']}"), Step("click", f"department.{other['id']}")
        found.append(
            Task(
                goal(rng, language, "shop", key, category=department["label"]),
                f"shop.{key}",
                {f"cart.{one}.count": 1},
                (chip, Step("click", "sort"), Step("click", f"sort.{sort}"), Step("click", f"add.{one}")),
                (Trap(0, (slip,), (), "wrong_item"), _astray(app)),
                (f"cart.{one}.color",),
            )
        )
    department = content.pick(rng, several)
    one = max(of[department["id"]], key=lambda each: goods[each]["rating"])
    if not app["start"]["likes"][one]:
        said = {"category": department["label"], "favorites": label(language, "favorites")}
        ranked = (Step("click", "sort"), Step("click", "sort.best_rated"))
        steps = (Step("click", f"department.{department['id']}"), *ranked, Step("click", f"like.{one}"))
        traps = (Trap(1, (Step("click", "sort"), Step("click", "sort.price_up")), (), "wrong_value"), _astray(app))
        found.append(
            Task(goal(rng, language, "shop", "rated", **said), "shop.rated", {f"likes.{one}": True}, steps, traps)
        )
    return found


def _liked(rng: np.random.Generator, app: dict[str, Any], language: str) -> list[Task]:
    goods, likes = app["content"]["goods"], app["start"]["likes"]
    one, other = content.several(rng, [each for each in goods if not likes[each]], 2)
    slip = Step("click", f"like.{other}")
    said = goal(rng, language, "shop", "like", product=goods[one]["name"], favorites=label(language, "favorites"))
    traps = (Trap(0, (slip,), (slip,), "wrong_item"), _astray(app))
    return [Task(said, "shop.like", {f"likes.{one}": True}, (Step("click", f"like.{one}"),), traps)]


def _in_the_cart(rng: np.random.Generator, app: dict[str, Any], language: str) -> list[Task]:
    goods, cart = app["content"]["goods"], app["start"]["cart"]
    one, two, other = content.several(rng, list(cart), 3)
    now = cart[one]["count"]
    count = content.pick(rng, [each for each in range(1, 8) if each != now and abs(each - now) <= 4])
    turn = Step("click", f"count.{one}.{'more' if count > now else 'less'}")
    slip = Step("click", f"count.{other}.more"), Step("click", f"count.{other}.less")
    way, away = go(app, "cart"), Trap(0, go(app, "likes"), (), "wrong_place")
    code = app["content"]["code"]
    return [
        Task(
            goal(rng, language, "shop", "quantity", product=goods[one]["name"], count=count),
            "shop.quantity",
            {f"cart.{one}.count": count},
            (*way, *(turn,) * abs(count - now)),
            (away, Trap(len(way), slip[:1], slip[1:], "wrong_item")),
        ),
        Task(
            goal(rng, language, "shop", "remove", product=goods[two]["name"]),
            "shop.remove",
            {f"cart.{two}": None},
            (*way, Step("click", f"remove.{two}")),
            (
                away,
                Trap(len(way), (Step("click", f"remove.{other}"),), (Step("click", "toast.undo"),), "wrong_item"),
            ),
        ),
        Task(
            goal(rng, language, "shop", "coupon", code=code),
            "shop.coupon",
            {"coupon": code},
            (*way, Step("type", "coupon", code), Step("click", "coupon.apply")),
            (
                away,
                Trap(len(way), (Step("type", "coupon", code[:-1]), Step("click", "coupon.apply")), (), "wrong_value"),
            ),
        ),
    ]


def _ordered(rng: np.random.Generator, app: dict[str, Any], language: str) -> list[Task]:
    person, street = content.person(rng, language), content.street(rng, language)
    city = content.pick(rng, content.some(language, "city"))
    payment, other = content.several(rng, app["content"]["payments"], 2)
    way = (*go(app, "cart"), Step("click", "checkout"))
    typed = (Step("type", "form.name", person), Step("type", "form.street", street), Step("type", "form.city", city))
    end = (Step("click", f"form.payment.{payment['id']}"), Step("click", "order"))
    wanted = {"name": person, "street": street, "city": city, "payment": payment["id"], "express": False, "gift": False}
    traps = (
        Trap(len(way), (Step("click", "form.cancel"),), (Step("click", "checkout"),), "cancelled"),
        Trap(len(way) + 2, (Step("click", "order"),), (), "wrong_value"),
        Trap(len(way) + 3, (Step("click", f"form.payment.{other['id']}"),), (), "wrong_value"),
        Trap(len(way) + 3, (Step("click", "form.express"),), (Step("click", "form.express"),), "wrong_item"),
    )
    said = {"person": person, "street": street, "city": city, "payment": payment["label"]}
    return [
        Task(
            goal(rng, language, "shop", "order", **said),
            "shop.order",
            {f"order.{key}": value for key, value in wanted.items()},
            (*way, *typed, *end),
            traps,
            ("cart",),
        )
    ]
