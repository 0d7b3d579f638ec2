"""What the reader tells of a message: the labels of its heads, in the order of their numbers."""

from __future__ import annotations

INTENTS = (
    "request", "critique", "reject", "accept", "seen", "inquire", "preference", "neutral", "other",
)  # fmt: skip
"""What a turn does in a recommendation dialogue; a turn may do several of them."""
IARD_INTENTS = {
    "IQU": "request",
    "CON": "request",
    "REF": "request",
    "STO": "request",
    "CRI-A": "critique",
    "CRI-F": "critique",
    "CRI-C": "critique",
    "REJ": "reject",
    "ACC": "accept",
    "SEE": "seen",
    "INQ": "inquire",
    "ASK": "inquire",
    "PRO": "preference",
    "ANS": "preference",
    "NRE": "neutral",
    "OTH": "other",
}
"""IARD's seeker intents (Cai and Chen, UMAP 2020) in ours."""
POLARITIES = ("dislike", "neutral", "like")
MENTIONS = ("none", "entity", "preference")
"""Whether a turn names something (a title, a kind, a person) or says what is liked about it."""
SCOPES = ("outside", "inside")
"""`inside`: a recommendation, what somebody likes, an item, an order, an account; `outside`: anything else."""
SERVICE_INTENTS = (
    "cancel_order", "change_order", "change_shipping_address", "check_cancellation_fee", "check_invoice",
    "check_payment_methods", "check_refund_policy", "complaint", "contact_customer_service", "contact_human_agent",
    "create_account", "delete_account", "delivery_options", "delivery_period", "edit_account", "get_invoice",
    "get_refund", "newsletter_subscription", "payment_issue", "place_order", "recover_password",
    "registration_problems", "review", "set_up_shipping_address", "switch_account", "track_order", "track_refund",
)  # fmt: skip
"""The 27 intents of Bitext's customer service sets."""
N_TOPICS = 150
"""clinc150's intents, from `account_blocked` to `yes`; their names are in the reader's card."""
SMALL_TALK = frozenset(
    (
        "are_you_a_bot cancel change_accent change_ai_name change_language change_speed change_user_name "
        "change_volume do_you_have_pets fun_fact goodbye greeting how_old_are_you maybe meaning_of_life no "
        "order order_status repeat reset_settings sync_device tell_joke thank_you user_name what_are_your_hobbies "
        "what_can_i_ask_you what_is_your_name what_song where_are_you_from who_do_you_work_for who_made_you yes "
        "whisper_mode"
    ).split()
)
"""Intents of clinc150 that are neither inside nor outside for us: small talk, orders, the assistant itself."""
