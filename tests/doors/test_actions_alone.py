"""Every action judges by itself, also where no door has judged before it: which rights it asks for stands here a second time.

Each action that has an actor is called as somebody who may do everything, which shows what it asks for; without one of these rights
it refuses; and where rights have a width, it refuses what is somebody else's. What it is called with is as plain as can be: rights
are judged before anything else, and so most calls end at what they were given.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import pytest

from enishi.platform import objects
from enishi.platform.errors import NotAllowed, NotFound
from tests.doors.alone import functions, planted, stage

__all__ = ["planted", "stage"]
pytestmark = pytest.mark.django_db

#: Rights, and the actions that ask for all of them. `?`: asked for, and done without.
RIGHTS: Mapping[str, str] = {
    "activity.create": """
        customers.calls.record_call customers.activities.pin_activity customers.activities.record_activity customers.activities.remove_activity
        customers.activities.unpin_activity customers.comments.add_comment customers.comments.change_comment
        customers.comments.remove_comment customers.comments.restore_comment customers.tasks.add_task
        customers.tasks.complete_task customers.tasks.drop_task customers.tasks.postpone_task customers.tasks.reopen_task
        customers.tasks.restore_task
    """,
    "audit.export": """
        platform.audit_files.discard_audit_file platform.audit_files.fetch_audit_file platform.audit_files.order_audit_file
    """,
    "cost.update": """
        analytics.ad_costs.put_ad_costs analytics.costs.change_costs analytics.sources.add_source analytics.sources.merge_source
        analytics.sources.part_spelling
    """,
    "customer.archive": "customers.customers.archive_customer customers.customers.restore_customer",
    "customer.bulk": "customers.upserts.upsert_customers customers.quality.look_again",
    "customer.bulk customer.update": """
        customers.cleansing.cleanse
        customers.cells.fill_cells customers.cells.preview_cells
    """,
    "customer.create customer.assign?": """
        customers.customers.create_customer customers.upserts.upsert_customer
    """,
    "customer.export": """
        customers.exports.discard_export customers.exports.export_customers customers.exports.fetch_export
        customers.exports.resume_export customers.exports.stop_export
    """,
    "customer.export customer.read?": "customers.printing.order_labels",
    "customer.merge": """
        customers.merging.merge_customers customers.unmerging.unmerge_customers customers.twins.search_twins
        customers.twins.reopen_pairs customers.twins.stop_search customers.twins.put_off customers.twins.tell_apart
    """,
    "customer.read": """
        customers.bookmarks.add_favourite customers.bookmarks.note_visit customers.bookmarks.remove_favourite
        customers.consent_proof.export_proof customers.list_settings.choose_columns customers.views.save_view
        customers.views.take_over_view
    """,
    "customer.read customer.update? customer.assign? customer.export? order.read?": "customers.printing.print_card",
    "customer.reveal": "customers.reveals.reveal_customer",
    "customer.share": """
        customers.access_requests.decline_access customers.access_requests.grant_access customers.shares.end_share
        customers.shares.share_customer
    """,
    "customer.update": """
        customers.verifying.verify_customer
        customers.cells.change_cell customers.cells.undo_cells customers.consent.record_consent customers.contacts.add_contact
        customers.contacts.change_contact customers.contacts.make_contact_primary customers.contacts.remove_contact
        customers.customers.change_customer customers.customers.update_customer customers.files._add
        customers.files.change_file customers.files.remove_file customers.files.restore_file customers.restoring.restore_value
        customers.tags.put_tag customers.tags.remove_tag
    """,
    "customer.update customer.read": """
        customers.relations.change_relation customers.relations.relate_customers customers.relations.remove_relation
    """,
    "delivery.create": "messaging.deliveries.create_delivery",
    "delivery.create segment.read": "campaigns.audiences.plan_delivery",
    "delivery.send": """
        campaigns.audiences.confirm_delivery messaging.deliveries.cancel_delivery messaging.deliveries.resume_delivery
        messaging.deliveries.start_freezing messaging.deliveries.stop_delivery
    """,
    "delivery.update": """
        campaigns.audiences.change_plan campaigns.audiences.judge_delivery messaging.deliveries.change_delivery
    """,
    "demo.configure": "platform.installation.ask_for_days",
    "demo.configure delivery.send": "messaging.deliveries.hurry_delivery",
    "import.archive": "customers.imports.discard_import",
    "import.archive customer.create": """
        customers.import_undo.check_undo customers.import_undo.resume_undo customers.import_undo.stop_undo
        customers.import_undo.undo_import
    """,
    "import.create customer.create": "customers.imports.start_import",
    "import.read": "customers.imports.error_file",
    "import.update": "customers.imports.stop_import",
    "import.update customer.create": """
        customers.imports.accept_repairs customers.imports.answer_consent customers.imports.change_shape
        customers.imports.check_import customers.imports.map_columns customers.imports.resume_import
        customers.imports.run_import
    """,
    "mail_account.configure": "messaging.accounts.archive_account messaging.accounts.mark_proved messaging.accounts.save_account",
    "product.update": """
        commerce.categories.change_category commerce.categories.create_category commerce.categories.remove_category
        commerce.products.change_product commerce.products.create_product
    """,
    "role.configure": """
        platform.roles.archive_role platform.roles.change_role platform.roles.create_role platform.roles.give_role
        platform.roles.keep_people_from_admins platform.roles.restore_role platform.roles.take_role
        platform.roles.undo_role_change
    """,
    "role.read": "platform.roles.begin_looking",
    "segment.archive": "segments.segments.archive_segment",
    "segment.create": "segments.segments.create_segment",
    "segment.read": "segments.segments.remember_count",
    "segment.update": "segments.segments.change_segment",
    "settings.configure": """
        customers.standards.put_rule customers.standards.drop_rule customers.standards.take_proposed customers.standards.discard_draft
        customers.standards.publish_standards customers.standards.bring_back
        customers.consent.lift_suppression customers.consent.suppress_address customers.fields.change_field
        customers.fields.define_field customers.fields.order_fields customers.fields.retire_field customers.layouts.bring_back
        customers.layouts.change_draft customers.layouts.discard_draft customers.layouts.publish_draft
        customers.layouts.step_back customers.purposes.retire_purpose customers.purposes.save_purpose
        customers.relations.define_relation_type customers.relations.rename_relation_type
        customers.relations.retire_relation_type customers.trades.undo_trade customers.trades.use_trade
        platform.approvals.change_rule platform.company._write platform.company._write_saml platform.company._write_directory
        platform.installation.change_organisation
        platform.installation.rename_terms platform.installation.switch_module platform.rules.ask_for_second_factor
        platform.rules.limit_networks platform.rules.open_networks
    """,
    "sink_mail.read": "messaging.sink.mark_seen",
    "team.configure": """
        platform.teams.archive_team platform.teams.change_team platform.teams.create_team platform.teams.join_team
        platform.teams.leave_team platform.teams.restore_team
    """,
    "user.archive": "platform.people.deactivate_user platform.people.reactivate_user",
    "user.configure? user.update": "platform.people.give_roles",
    "user.configure": """
        platform.approvals.appoint_deputy platform.people.sign_user_out platform.people.take_second_factors_off
        platform.scim.set_scim platform.scim.create_scim_token platform.scim.revoke_scim_token platform.scim.link_meeting
        platform.scim.dismiss_meeting platform.scim.unlink_user
    """,
    "user.create": """
        platform.invitations.invite platform.invitations.mark_mailed platform.invitations.renew_invitation
        platform.invitations.withdraw_invitation
    """,
    "user.update": "platform.people.change_user platform.scim.map_group",
    "customer.bulk customer.update? activity.create?": "customers.verifying.ask_owners",
    "customer.bulk customer.update customer.read?": "customers.cleansing.try_cleansing",
    "customer.bulk customer.assign": "customers.handover.hand_over",
    "customer.bulk customer.archive": "customers.bulk.change_many customers.bulk.undo_many",
    "customer.bulk customer.merge": """
        customers.merge_batches.approve_merges customers.merge_batches.plan_merges customers.merge_batches.resume_merges
        customers.merge_batches.undo_merges
    """,
    "customer.create?": "customers.access_requests.ask_for_access customers.field_files._hold",
    # About the actor's own things, or called by what has judged, or a directory's alone (test_scim_token).
    "": """
        platform.scim_users.provision_user platform.scim_users.change_provisioned_user platform.scim_users.remove_provisioned_user
        platform.scim_users.note_meeting platform.scim_groups.create_group platform.scim_groups.change_group
        platform.scim_groups.remove_group
        customers.printing.print_standards
    customers.activities.see_mentions customers.consent.record_consents customers.bulk.resume_many customers.bulk.stop_many customers.merge_batches.stop_merges
    customers.handover.notice_handover
    customers.access_requests.see_answer customers.access_requests.withdraw_access
    customers.lifecycles.move_lifecycles
    customers.views.archive_view customers.views.change_view customers.views.move_view customers.views.overwrite_view
    customers.views.restore_view platform.approvals.cancel_request platform.approvals.decide platform.approvals.end_deputy
    platform.approvals.withdraw platform.company.unlink_company platform.denied.note_denied platform.installation.choose_language
    platform.installation.make_once platform.signin.end_other_sessions platform.signin.end_session platform.signin.note_security
    platform.signin.note_sign_in platform.signin.note_sign_out platform.tokens.change_token platform.tokens.create_token
    platform.tokens.revoke_token
    """,
}
#: Arguments that name one record which belongs to somebody.
ABOUT = ("customer_id", "activity_id", "task_id", "run_id", "delivery_id", "segment_id")


@cache
def _actions():
    return {where: function for where, function in functions("actions") if getattr(function, "is_action", False)}


def _widths(right: str) -> tuple[str, ...]:
    key, _, act = right.partition(".")
    return objects.all_objects()[key].acts[act]


@cache
def _told() -> dict[str, tuple[list[str], list[str]]]:
    """Of each action the rights that it takes, and those that it asks for besides."""
    return {
        name: ([one for one in words.split() if not one.endswith("?")], [one[:-1] for one in words.split() if one.endswith("?")])
        for words, names in RIGHTS.items()
        for name in names.split()
    }


def test_each_is_told_here():
    assert set(_told()) == set(_actions())


def test_each_asks_for_what_is_told_of_it(stage):
    wrong = {}
    for where, action in _actions().items():
        came = stage.call(where, action, stage.full)
        taken, besides = _told()[where]
        if set(stage.asked) != {*taken, *besides}:
            wrong[where] = (sorted(set(stage.asked)), repr(came)[:100])
    assert not wrong, "\n".join(f"{where}: {asked}" for where, asked in wrong.items())


def test_each_refuses_who_lacks_one_of_its_rights(stage):
    open_to = []
    for where, (taken, _besides) in _told().items():
        for right in taken:
            key, act = right.split(".")
            lacking = replace(stage.full, grants={at: width for at, width in stage.full.grants.items() if at != (key, act)})
            if not isinstance(stage.call(where, _actions()[where], lacking), NotAllowed | NotFound):
                open_to.append(f"{where} without {right}")
    assert not open_to


def test_each_refuses_what_is_somebody_else_s(stage):
    open_to = []
    for where, (taken, _besides) in _told().items():
        about = [name for name in inspect.signature(_actions()[where]).parameters if name in ABOUT]
        if about and any("own" in _widths(right) for right in taken):
            came = stage.call(where, _actions()[where], stage.narrow)
            if not isinstance(came, NotAllowed | NotFound):
                open_to.append(f"{where}: {came!r}")
    assert not open_to
