from __future__ import annotations

from django.urls import path, register_converter

from enishi.customers.views import (
    activities,
    board,
    bookmarks,
    bulk,
    calls,
    cells,
    contacts,
    customers,
    editing,
    fields,
    files,
    filters,
    form_designer,
    history,
    list_settings,
    printing,
    record,
    relation_types,
    relations,
    saved_views,
    trades,
)


class CustomerKey:
    """A customer's number (C-000042) or id."""

    regex = r"[A-Za-z]{1,3}-[0-9]{1,12}|[0-9]{1,18}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: object) -> str:
        return str(value)


register_converter(CustomerKey, "customer")

app_name = "customers"
urlpatterns = [
    path("", customers.customer_list, name="list"),
    path("filter/", filters.edit, name="filter"),
    path("filter/build/", filters.build, name="filter-build"),
    path("columns/", list_settings.columns, name="columns"),
    path("board/more/", board.more, name="board-more"),
    path("cells/", cells.rows, name="cells"),
    path("cells/paste/", cells.paste, name="cells-paste"),
    path("cells/fill/", cells.fill, name="cells-fill"),
    path("cells/clear/", cells.clear, name="cells-clear"),
    path("cells/undo/<int:change_set_id>/", cells.undo, name="cells-undo"),
    path("views/new/", saved_views.new, name="view-new"),
    path("views/<int:view_id>/", saved_views.edit, name="view-edit"),
    path("views/<int:view_id>/overwrite/", saved_views.overwrite, name="view-overwrite"),
    path("views/<int:view_id>/move/", saved_views.move, name="view-move"),
    path("views/<int:view_id>/archive/", saved_views.archive, name="view-archive"),
    path("views/<int:view_id>/restore/", saved_views.restore, name="view-restore"),
    path("views/<int:view_id>/take-over/", saved_views.take_over, name="view-take-over"),
    path("new/", editing.new, name="new"),
    path("call/", calls.call, name="call"),
    path("call/who/", calls.who, name="call-who"),
    path("labels/", printing.labels, name="labels"),
    path("at-hand/", bookmarks.home, name="at-hand"),
    path("bin/", customers.recycle_bin, name="bin"),
    path("postal/", editing.postal, name="postal"),
    path("bulk/<slug:verb>/order/", bulk.order, name="bulk-order"),
    path("bulk/<int:bulk_id>/", bulk.run, name="bulk-run"),
    path("bulk/<int:bulk_id>/progress/", bulk.progress, name="bulk-progress"),
    path("bulk/<int:bulk_id>/stop/", bulk.stop, name="bulk-stop"),
    path("bulk/<int:bulk_id>/resume/", bulk.resume, name="bulk-resume"),
    path("bulk/<int:bulk_id>/undo/", bulk.undo, name="bulk-undo"),
    path("relation-types/", relation_types.types, name="relation-types"),
    path("relation-types/<int:type_id>/", relation_types.edit, name="relation-type"),
    path("relation-types/<int:type_id>/retire/", relation_types.retire, name="relation-type-retire"),
    path("fields/", fields.catalogue, name="fields"),
    path("fields/new/", fields.new, name="field-new"),
    path("fields/form/", form_designer.design, name="form-designer"),
    path("fields/form/undo/", form_designer.undo, name="form-undo"),
    path("fields/form/discard/", form_designer.discard, name="form-discard"),
    path("fields/form/publish/", form_designer.publish, name="form-publish"),
    path("fields/form/versions/<int:version_id>/", form_designer.restore, name="form-version"),
    path("fields/form/<slug:name>/", form_designer.step, name="form-step"),
    path("fields/trades/<slug:trade_key>/", trades.trade, name="trade"),
    path("fields/trades/<slug:trade_key>/use/", trades.use, name="trade-use"),
    path("fields/trades/<slug:trade_key>/uses/<int:use_id>/undo/", trades.undo, name="trade-undo"),
    path("fields/<slug:field_key>/", fields.edit, name="field"),
    path("fields/<slug:field_key>/retire/", fields.retire, name="field-retire"),
    path("fields/<slug:field_key>/files/", files.hold, name="field-file-hold"),
    path("<customer:key>/", record.record, name="record"),
    path("<customer:key>/edit/", editing.edit, name="edit"),
    path("<customer:key>/cells/<slug:column>/", cells.cell, name="cell"),
    path("<customer:key>/cells/<slug:column>/clear/", cells.clear_one, name="cell-clear"),
    path("<customer:key>/board/<slug:column>/", board.move, name="board-move"),
    path("<customer:key>/print/", printing.card, name="print"),
    path("<customer:key>/visit/", bookmarks.visit, name="visit"),
    path("<customer:key>/star/", bookmarks.star, name="star"),
    path("<customer:key>/unstar/", bookmarks.unstar, name="unstar"),
    path("<customer:key>/timeline/", record.timeline, name="timeline"),
    path("<customer:key>/history/", history.history, name="history"),
    path("<customer:key>/history/<int:change_id>/", history.restore, name="restore-value"),
    path("<customer:key>/activities/", activities.add, name="activity-add"),
    path("<customer:key>/colleagues/", activities.colleagues, name="colleagues"),
    path("<customer:key>/activities/<int:activity_id>/remove/", activities.remove, name="activity-remove"),
    path("<customer:key>/tags/", record.tag_add, name="tag-add"),
    path("<customer:key>/tags/<int:tag_id>/remove/", record.tag_remove, name="tag-remove"),
    path("<customer:key>/consent/<slug:channel>/", record.consent, name="consent"),
    path("<customer:key>/contacts/new/<slug:way>/", contacts.new, name="contact-new"),
    path("<customer:key>/contacts/<slug:contact>/", contacts.edit, name="contact"),
    path("<customer:key>/contacts/<slug:contact>/primary/", contacts.primary, name="contact-primary"),
    path("<customer:key>/contacts/<slug:contact>/remove/", contacts.remove, name="contact-remove"),
    path("<customer:key>/relations/new/", relations.new, name="relation-new"),
    path("<customer:key>/relations/candidates/", relations.candidate_list, name="relation-candidates"),
    path("<customer:key>/relations/<int:relation_id>/", relations.edit, name="relation"),
    path("<customer:key>/relations/<int:relation_id>/remove/", relations.remove, name="relation-remove"),
    path("<customer:key>/files/", files.panel, name="files"),
    path("<customer:key>/files/add/", files.add, name="file-add"),
    path("<customer:key>/files/<int:file_id>/", files.edit, name="file"),
    path("<customer:key>/files/<int:file_id>/download/", files.download, name="file-download"),
    path("<customer:key>/files/<int:file_id>/preview/", files.preview, name="file-preview"),
    path("<customer:key>/files/<int:file_id>/picture/", files.picture, name="file-picture"),
    path("<customer:key>/files/<int:file_id>/remove/", files.remove, name="file-remove"),
    path("<customer:key>/files/<int:file_id>/restore/", files.restore, name="file-restore"),
    path("<customer:key>/archive/", record.archive, name="archive"),
    path("<customer:key>/restore/", record.restore, name="restore"),
]
