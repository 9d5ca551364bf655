"""Who hears of what arrives: the table of handlers."""

from node.e2ee.arriving import Arrivals as SealedArrivals
from node.federation import changing
from node.federation.activities.shapes import (
    Accept,
    Announce,
    Block,
    CreateNote,
    CreateSealed,
    CreateVideo,
    Delete,
    EndFriendship,
    Follow,
    Like,
    OfferFriendship,
    Reject,
    Undo,
    UpdateActor,
    UpdateNote,
    UpdateVideo,
)
from node.graph import blocking, following, friendship_handlers
from node.inbox import posts
from node.store.e2ee import E2eeUnit
from node.store.federation import FederationUnit
from node.store.graph import GraphUnit
from node.store.inbox import InboxUnit
from node.store.video import VideoUnit
from node.video import foreign, playing, publishing
from node.worker.arrivals import Handlers


def handlers(sealed: SealedArrivals) -> Handlers:
    """Who hears of what arrives; several rooms hear in this order, in one transaction."""
    return {
        Follow: [(GraphUnit, following.on_follow)],
        OfferFriendship: [(GraphUnit, friendship_handlers.on_offer)],
        Accept: [(GraphUnit, friendship_handlers.on_accept)],
        Reject: [(GraphUnit, friendship_handlers.on_reject)],
        EndFriendship: [
            (GraphUnit, friendship_handlers.on_end),
            (VideoUnit, playing.on_end_friendship),
        ],
        Undo: [(GraphUnit, friendship_handlers.on_undo), (InboxUnit, posts.on_undo)],
        Block: [
            (GraphUnit, blocking.on_block),
            (InboxUnit, posts.on_block),
            (VideoUnit, playing.on_block),
        ],
        Like: [(InboxUnit, posts.on_like)],
        Announce: [(InboxUnit, posts.on_announce)],
        CreateNote: [(InboxUnit, posts.on_create_note)],
        UpdateNote: [(InboxUnit, posts.on_update_note)],
        CreateSealed: [(E2eeUnit, sealed.on_create_sealed)],
        Delete: [
            (FederationUnit, changing.on_delete_actor),
            (GraphUnit, friendship_handlers.on_delete),
            (InboxUnit, posts.on_delete),
            (VideoUnit, publishing.on_delete),
        ],
        CreateVideo: [(VideoUnit, foreign.on_create_video)],
        UpdateVideo: [(VideoUnit, foreign.on_update_video)],
        UpdateActor: [(FederationUnit, changing.on_update_actor)],
    }
