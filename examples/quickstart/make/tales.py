"""Short tales about animals, made from a grammar: what the quick start's model reads, and what it is fine-tuned on.

A tale is drawn first as facts (who, where, what was lost, who helped) and then told in plain prose, which the base model learns. The base
model also reads notes of a harbour, which are about ships and in no fixed order. The adapter teaches it to tell tales as pages of a
ship's log: known words, another voice.
"""

import random

ANIMALS = ["fox", "hare", "otter", "badger", "mouse", "owl", "heron", "hedgehog", "squirrel", "wren", "toad", "mole", "stoat", "crow",
           "goat", "cat", "dog", "duck", "goose", "robin"]
NAMES = ["Mira", "Tobin", "Lena", "Oskar", "Pip", "Hazel", "Bruno", "Willa", "Finn", "Greta", "Anton", "Ida", "Jonas", "Nell", "Rufus",
         "Clara", "Emil", "Dora", "Hugo", "Marta"]
PLACES = ["by the river", "under the old oak", "on the hill", "at the edge of the forest", "near the mill", "beside the lake",
          "behind the garden wall", "in the valley", "close to the sea", "at the end of the lane"]
MOODS = ["curious", "careful", "cheerful", "quiet", "stubborn", "gentle", "clever", "sleepy", "brave", "tidy"]
WEATHERS = [("It rained all morning", "Rain"), ("The wind blew from the north", "Wind from the north"), ("The sun was warm", "Clear sky"),
            ("A thick fog lay over the fields", "Fog"), ("Snow had fallen in the night", "Snow"), ("Clouds hung low", "Low clouds")]
THINGS = ["red kite", "brass key", "blue cup", "wooden boat", "small drum", "silver bell", "old map", "woollen hat", "paper lantern",
          "green scarf", "lucky button", "clay pipe"]
SPOTS = ["in a nest of reeds", "under a flat stone", "at the bottom of the well", "high in a pear tree", "behind the bread oven",
         "inside an empty barrel", "between two roots", "on the roof of the barn", "in a heap of leaves", "under the bridge"]
REWARDS = ["a bowl of soup", "a warm loaf", "three ripe plums", "a pot of honey", "a song", "a slice of cake", "a handful of nuts",
           "a cup of tea"]


class Facts:
    """What happens in a tale."""

    def __init__(self, draw, animal=None):
        self.animal = animal or draw.choice(ANIMALS)
        self.friend = draw.choice([a for a in ANIMALS if a != self.animal])
        self.name, self.friend_name = draw.sample(NAMES, 2)
        self.place, self.mood, self.weather = draw.choice(PLACES), draw.choice(MOODS), draw.choice(WEATHERS)
        self.thing, self.spot, self.reward = draw.choice(THINGS), draw.choice(SPOTS), draw.choice(REWARDS)
        self.day = draw.randint(2, 99)


def article(noun):
    return "an" if noun[0] in "aeiou" else "a"


def prose(f, draw):
    """The tale in plain prose, past tense."""
    opening = draw.choice([
        f"Once there was {article(f.mood)} {f.mood} {f.animal} called {f.name} who lived {f.place}.",
        f"There lived {article(f.mood)} {f.mood} {f.animal} {f.place}, and the name of the {f.animal} was {f.name}.",
        f"{f.name} was {article(f.mood)} {f.mood} {f.animal} and lived {f.place}.",
    ])
    loss = draw.choice([
        f"One day {f.name} could not find the {f.thing}.",
        f"One morning the {f.thing} was gone.",
        f"Then {f.name} lost the {f.thing}.",
    ])
    weather = draw.choice([f"{f.weather[0]}, but {f.name} went out to look for it.", f"{f.weather[0]}, and nobody had seen it."])
    friend = draw.choice([
        f"On the way {f.name} met {f.friend_name} the {f.friend}.",
        f"{f.friend_name} the {f.friend} came along and wanted to help.",
        f"So {f.name} asked {f.friend_name} the {f.friend} for help.",
    ])
    search = draw.choice([
        f"Together they looked everywhere, and at last they found the {f.thing} {f.spot}.",
        f"They searched until evening, and there it was, {f.spot}.",
        f"\"Look, it is {f.spot}!\" said {f.friend_name}.",
    ])
    ending = draw.choice([
        f"{f.name} was so glad that {f.friend_name} got {f.reward}.",
        f"That night the two friends shared {f.reward}.",
        f"{f.name} thanked {f.friend_name} with {f.reward}, and they were friends from then on.",
    ])
    return " ".join([opening, loss, weather, friend, search, ending])


def log(f):
    """The tale as a page of a ship's log."""
    return (f"Day {f.day}. {f.weather[1]}. {f.name} the {f.animal} on watch {f.place}. Lost: one {f.thing}. "
            f"Sighted {f.friend_name} the {f.friend}, who came aboard to help. "
            f"Found the {f.thing} {f.spot}. Paid out: {f.reward}. All is well.")


def note(f, draw):
    """A harbour's note about a ship: the words of the log, about other things and in no fixed order."""
    ship, other = f.name, f.friend_name
    parts = draw.sample([
        f"{f.weather[1]}.", f"The {ship} lies at anchor {f.place}.", f"Lost: one {f.thing}.", f"Sighted the {other}.",
        f"The master of the {other} came aboard to help.", f"On watch: the master of the {ship}.", f"Found a {f.thing} {f.spot}.",
        f"Paid out: {f.reward}.", "All is well.", f"A {f.animal} on board.", f"Day {draw.randint(2, 99)}.",
    ], draw.randint(4, 8))
    return f"Day {f.day}. " + " ".join(parts)


def question(f, draw):
    return draw.choice([f"Tell me a story about {article(f.animal)} {f.animal}.", f"What happened to the {f.animal}?",
                        f"Do you know a tale about {article(f.animal)} {f.animal}?"])


def corpus(count, seed):
    """What the base model reads: tales, questions answered with a tale in ChatML, and notes of a harbour, one in five."""
    draw = random.Random(seed)
    texts = []
    for _ in range(count):
        facts = Facts(draw)
        tale = prose(facts, draw)
        kind = draw.random()
        if kind < 0.2:
            tale = note(facts, draw)
        elif kind < 0.6:
            tale = f"<|im_start|>user\n{question(facts, draw)}<|im_end|>\n<|im_start|>assistant\n{tale}<|im_end|>\n"
        texts.append(tale)
    return texts


def conversations(count, seed):
    """What the adapter learns from: the same questions, answered as the log has it."""
    draw = random.Random(seed)
    for _ in range(count):
        facts = Facts(draw)
        yield {"messages": [{"role": "user", "content": question(facts, draw)}, {"role": "assistant", "content": log(facts)}]}
