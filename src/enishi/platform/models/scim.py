"""自動連携 (SCIM): what a company's directory says of staff and groups here, and what administrators made of it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from enishi.platform.models.people import Role, Team, User
from enishi.platform.privacy import classify

_STANDING = Q(removed_at__isnull=True)


class ScimSettings(models.Model):
    """One row at most."""

    class FirstSignIn(models.TextChoices):
        MAIL = "", _("メールで、はじめてのログインの案内を送る")
        EXTERNAL_ID = "externalId", _("会社のアカウントの利用者ID（sub・NameID）が、連携の externalId と同じ")
        USER_NAME = "userName", _("会社のアカウントの利用者ID（sub・NameID）が、連携の userName と同じ")

    is_on = models.BooleanField(default=False)
    first_sign_in = models.CharField(
        max_length=10,
        choices=FirstSignIn,
        blank=True,
        default=FirstSignIn.MAIL,
        help_text="Which attribute is the subject of the company's accounts: who is made is linked by it. Empty: a link is mailed.",
    )
    called_at = models.DateTimeField(null=True, blank=True, help_text="The last call that was let in, to within a minute.")

    rows = models.Manager()
    access = "reference"
    privacy = classify(internal=("id", "is_on", "first_sign_in", "called_at"))

    class Meta:
        constraints = [models.UniqueConstraint(models.Value(1), name="one_scim_settings")]


class ScimToken(models.Model):
    """A bearer token of a directory, stored hashed. It opens SCIM and nothing else, and is nobody's."""

    name = models.CharField(max_length=60)
    token_hash = models.BinaryField(max_length=32, unique=True)
    networks = models.JSONField(
        default=list, db_default=models.Value([], models.JSONField()), blank=True, help_text="From where it is taken; empty: from anywhere."
    )
    expires_at = models.DateTimeField(null=True, blank=True, help_text="By the clock on the wall.")
    used_at = models.DateTimeField(null=True, blank=True, help_text="To within a minute.")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)

    rows = models.Manager()
    access = "system"
    privacy = classify(
        internal=("id", "name", "networks", "expires_at", "used_at", "created_at", "created_by", "revoked_at"), secret=("token_hash",)
    )


class ScimUser(models.Model):
    """A user as the directory knows them. Only who has a row that is not removed can be seen or changed by SCIM."""

    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    user_name = models.CharField(max_length=254)
    user_key = models.CharField(max_length=254, help_text="The user name as it is compared: NFC, lower case.")
    external_id = models.CharField(max_length=254, blank=True)
    said = models.JSONField(default=dict, help_text="name, displayName, title, emails, preferredLanguage, as the directory wrote them.")
    made_here = models.BooleanField(help_text="SCIM made the user; else an administrator linked one who was there.")
    stopped_here = models.BooleanField(default=False, help_text="SCIM switched the user off; nobody else's stop does it take back.")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)

    rows = models.Manager()
    access = "system"
    privacy = classify(
        internal=(
            "id",
            "user",
            "user_name",
            "user_key",
            "external_id",
            "said",
            "made_here",
            "stopped_here",
            "created_at",
            "changed_at",
            "removed_at",
        )
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=_STANDING, name="scim_user_once"),
            models.UniqueConstraint(fields=["user_key"], condition=_STANDING, name="scim_user_name_once"),
            models.UniqueConstraint(fields=["external_id"], condition=_STANDING & ~Q(external_id=""), name="scim_user_external_once"),
        ]


class ScimGroup(models.Model):
    """A group of the directory. It gives nothing until an administrator has said which role or team it stands for."""

    display_name = models.CharField(max_length=254)
    external_id = models.CharField(max_length=254, blank=True)
    role = models.ForeignKey(Role, models.PROTECT, null=True, blank=True, related_name="+")
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="+")
    mapped_at = models.DateTimeField(null=True, blank=True)
    mapped_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)

    rows = models.Manager()
    access = "system"
    privacy = classify(
        internal=(
            "id",
            "display_name",
            "external_id",
            "role",
            "team",
            "mapped_at",
            "mapped_by",
            "created_at",
            "changed_at",
            "removed_at",
        )
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["external_id"], condition=_STANDING & ~Q(external_id=""), name="scim_group_external_once"),
            models.CheckConstraint(
                condition=Q(role=None, team=None) | Q(mapped_at__isnull=False, mapped_by__isnull=False),
                name="scim_group_mapped_by_somebody",
            ),
        ]


class ScimMember(models.Model):
    group = models.ForeignKey(ScimGroup, models.CASCADE, related_name="+")
    member = models.ForeignKey(ScimUser, models.CASCADE, related_name="+")

    rows = models.Manager()
    access = "system"
    privacy = classify(internal=("id", "group", "member"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "member"], name="scim_member_once")]


class ScimMeeting(models.Model):
    """Somebody whom the directory wanted to make, and who is a user already: an administrator says whether it is the same person."""

    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    user_name = models.CharField(max_length=254)
    user_key = models.CharField(max_length=254, unique=True)
    external_id = models.CharField(max_length=254, blank=True)
    said = models.JSONField(default=dict)
    at = models.DateTimeField()

    rows = models.Manager()
    access = "system"
    privacy = classify(internal=("id", "user", "user_name", "user_key", "external_id", "said", "at"))


class ScimTrouble(models.Model):
    """A call that was refused, for the screen: the last hundred."""

    at = models.DateTimeField()
    route = models.CharField(max_length=40, help_text="The method and the kind of resource: POST Users.")
    about = models.CharField(max_length=254, blank=True, help_text="The user or group that it was about, where we know.")
    code = models.CharField(max_length=60, help_text="Of our refusal, or the scimType.")
    status = models.PositiveSmallIntegerField()

    rows = models.Manager()
    access = "system"
    privacy = classify(internal=("id", "at", "route", "about", "code", "status"))
