"""Who hears of what arrives: the table of handlers."""

from node.e2ee import returning
from node.e2ee.arriving import Arrivals as SealedArrivals
from node.federation import catching_up, changing, resending
from node.federation.activities.shapes import (
    Accept,
    Announce,
    Block,
    CreateNote,
    CreateSealed,
    CreateVideo,
    Delete,
    EndFriendship,
    Flag,
    Follow,
    Like,
    Move,
    OfferFriendship,
    Reject,
    RejectSealed,
    Resend,
    Resent,
    Undo,
    UpdateActor,
    UpdateNote,
    UpdateVideo,
)
from node.graph import blocking, confirming, following, friendship_handlers
from node.inbox import moving, posts, reports
from node.store.attachments import AttachmentsUnit
from node.store.catching_up import CatchingUpUnit
from node.store.e2ee import E2eeUnit
from node.store.federation import FederationUnit
from node.store.graph import GraphUnit
from node.store.inbox import InboxUnit
from node.store.pictures import PicturesUnit
from node.store.reports import ReportsUnit
from node.store.resending import ResendingUnit
from node.store.video import VideoUnit
from node.video import attachments, foreign, pictures, playing, publishing
from node.worker.handlers import Handlers, on


def handlers(sealed: SealedArrivals) -> Handlers:
    """The table; what several rooms hear they hear in this order, in one transaction."""
    return Handlers(
        on(Follow, GraphUnit, following.on_follow),
        on(OfferFriendship, GraphUnit, friendship_handlers.on_offer),
        on(Accept, GraphUnit, friendship_handlers.on_accept),
        on(Reject, GraphUnit, friendship_handlers.on_reject),
        on(EndFriendship, GraphUnit, friendship_handlers.on_end),
        on(EndFriendship, VideoUnit, playing.on_end_friendship),
        on(Undo, GraphUnit, friendship_handlers.on_undo),
        on(Undo, InboxUnit, posts.on_undo),
        on(Block, GraphUnit, blocking.on_block),
        on(Block, InboxUnit, posts.on_block),
        on(Block, VideoUnit, playing.on_block),
        on(Like, InboxUnit, posts.on_like),
        on(Announce, InboxUnit, posts.on_announce),
        on(CreateNote, InboxUnit, posts.on_create_note),
        on(UpdateNote, InboxUnit, posts.on_update_note),
        on(CreateVideo, VideoUnit, foreign.on_create_video),
        on(UpdateVideo, VideoUnit, foreign.on_update_video),
        on(CreateSealed, E2eeUnit, sealed.on_create_sealed),
        on(Move, InboxUnit, moving.on_move),
        on(Flag, ReportsUnit, reports.on_flag),
        on(Resend, ResendingUnit, resending.on_resend_asker),
        on(Resend, GraphUnit, confirming.on_resend),
        on(Resend, ResendingUnit, resending.on_resend),
        on(Resent, CatchingUpUnit, catching_up.on_resent),
        on(RejectSealed, E2eeUnit, returning.on_reject_sealed),
        on(UpdateActor, FederationUnit, changing.on_update_actor),
        on(Delete, FederationUnit, changing.on_delete_actor),
        on(Delete, GraphUnit, friendship_handlers.on_delete),
        on(Delete, InboxUnit, posts.on_delete),
        on(Delete, VideoUnit, publishing.on_delete),
        on(Delete, PicturesUnit, pictures.on_delete),
        on(Delete, AttachmentsUnit, attachments.on_delete),
    )
