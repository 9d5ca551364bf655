"""The composition root: the only room that names every concrete class and introduces them."""

from node.app.opening import Node, admin_invite, open_node
from node.app.parts import Hops, System

__all__ = ["Hops", "Node", "System", "admin_invite", "open_node"]
