"""Images: what an item was or is, as the bytes that it is stored as.

Rules of this file: pure. An image is a shelf's record, so making one costs nothing and keeping one
is cheap; equal images are equal items, and unequal ones may still be (attributes in another order).
"""

from __future__ import annotations

from collections.abc import Iterable

from cloudchamber.languages.dynamodb.values import item_size
from cloudchamber.services.dynamodb.keys import Item
from cloudchamber.services.dynamodb.shelf import pack, size_in, unpack

Image = bytes
image_size = size_in


def shown(image: Image) -> Item:
    """The item of an image, as requests and answers have it; a fresh one."""
    return unpack(image)


def image_of(item: Item) -> Image:
    """The image of an item."""
    return pack(item, item_size(item))


def key_of(image: Image, keys: Iterable[tuple[str, str]]) -> Image:
    """The image of an item's key alone; `keys` are (name, role) pairs."""
    item = unpack(image)
    return image_of({name: item[name] for name, _ in keys})
