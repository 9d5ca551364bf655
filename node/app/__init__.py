"""The composition root: the only room that names every concrete class and introduces them."""

from node.app.opening import Node, admin_invite, open_node
from node.app.parts import Hops, World

__all__ = ["Hops", "Node", "World", "admin_invite", "open_node"]
