from __future__ import annotations

from django.conf import settings
from django.urls import path

from enishi.platform.views import approvals, audit, confirm, demo, health, home, people, roles, security, signin_rules, stories, teams, tokens
from enishi.platform.views import settings as settings_views

app_name = "platform"
urlpatterns = [
    path("", home.home, name="home"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("start/", settings_views.set_up, name="set-up"),
    path("search/", home.search, name="search"),
    path("tray/", home.tray, name="tray"),
    path("appearance/", home.appearance, name="appearance"),
    path("language/", home.language, name="language"),
    path("accounts/confirm/", confirm.confirm, name="confirm"),
    path("settings/", settings_views.index, name="settings"),
    path("settings/account/", security.page, name="security"),
    path("settings/account/sessions/<int:session_id>/end/", security.end_session, name="security-session-end"),
    path("settings/account/sessions/end-others/", security.end_other_sessions, name="security-sessions-end"),
    path("settings/users/", people.user_list, name="users"),
    path("settings/users/invite/", people.invite, name="user-invite"),
    path("settings/users/invitations/<int:invitation_id>/renew/", people.renew, name="invitation-renew"),
    path("settings/users/invitations/<int:invitation_id>/withdraw/", people.withdraw, name="invitation-withdraw"),
    path("settings/users/<int:user_id>/", people.user_page, name="user"),
    path("settings/users/<int:user_id>/change/", people.change, name="user-change"),
    path("settings/users/<int:user_id>/roles/", people.give_roles, name="user-roles"),
    path("settings/users/<int:user_id>/deactivate/", people.deactivate, name="user-deactivate"),
    path("settings/users/<int:user_id>/reactivate/", people.reactivate, name="user-reactivate"),
    path("settings/users/<int:user_id>/sign-out/", people.sign_out, name="user-sign-out"),
    path("settings/users/<int:user_id>/second-factors/", people.take_second_factors_off, name="user-second-factors"),
    path("accounts/invitation/<str:token>/", people.invitation, name="invitation"),
    path("accounts/link/<str:token>/", people.sign_in_link, name="sign-in-link"),
    path("settings/sign-in/", signin_rules.page, name="signin-rules"),
    path("settings/sign-in/networks/", signin_rules.limit_networks, name="networks"),
    path("settings/sign-in/networks/open/", signin_rules.open_networks, name="networks-open"),
    path("settings/tokens/<int:token_id>/", tokens.token, name="token"),
    path("settings/organisation/", settings_views.organisation_page, name="organisation"),
    path("settings/words/", settings_views.words_page, name="words"),
    path("settings/tokens/", tokens.tokens, name="tokens"),
    path("settings/tokens/openapi.json", tokens.description, name="api-description"),
    path("settings/tokens/<int:token_id>/revoke/", tokens.revoke, name="token-revoke"),
    path("settings/modules/", settings_views.module_list, name="modules"),
    path("settings/modules/<slug:module>/", settings_views.module_switch, name="module-switch"),
    path("approvals/", approvals.approval_list, name="approvals"),
    path("approvals/deputies/", approvals.deputy_add, name="deputy-add"),
    path("approvals/deputies/<int:deputy_id>/end/", approvals.deputy_end, name="deputy-end"),
    path("approvals/<int:approval_id>/", approvals.approval, name="approval"),
    path("approvals/<int:approval_id>/cancel/", approvals.approval_cancel, name="approval-cancel"),
    path("settings/approvals/", approvals.rules, name="approval-rules"),
    path("settings/audit/", audit.audit, name="audit"),
    path("settings/audit/export/", audit.export, name="audit-export"),
    path("settings/audit/files/<int:audit_file_id>/", audit.file, name="audit-file"),
    path("settings/audit/files/<int:audit_file_id>/progress/", audit.progress, name="audit-file-progress"),
    path("settings/audit/files/<int:audit_file_id>/download/", audit.download, name="audit-file-download"),
    path("settings/audit/files/<int:audit_file_id>/discard/", audit.discard, name="audit-file-discard"),
    path("settings/roles/", roles.roles, name="roles"),
    path("settings/roles/new/", roles.new, name="role-new"),
    path("settings/roles/wall/", roles.wall, name="roles-wall"),
    path("settings/roles/look/end/", roles.look_end, name="look-end"),
    path("settings/roles/changes/<int:change_set_id>/undo/", roles.undo, name="role-undo"),
    path("settings/roles/<int:role_id>/", roles.role, name="role"),
    path("settings/roles/<int:role_id>/people/", roles.hold, name="role-people"),
    path("settings/roles/<int:role_id>/archive/", roles.archive, name="role-archive"),
    path("settings/roles/<int:role_id>/look/", roles.look, name="role-look"),
    path("settings/teams/", teams.teams, name="teams"),
    path("settings/teams/<int:team_id>/", teams.team, name="team"),
    path("settings/teams/<int:team_id>/people/", teams.member, name="team-people"),
    path("settings/teams/<int:team_id>/archive/", teams.archive, name="team-archive"),
    path("settings/status/", settings_views.status_page, name="status"),
]
if settings.DEMO or settings.DEBUG:
    urlpatterns += [path("_/components", stories.components, name="components")]
if settings.DEMO:
    urlpatterns += [
        path("demo/clock/", demo.move_clock, name="demo-clock"),
        path("demo/files/<slug:which>/", demo.sample, name="demo-file"),
    ]
