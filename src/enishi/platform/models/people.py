"""Staff who sign in, the teams they belong to, and the roles that say what they may do."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from enishi.platform.privacy import Privacy, classify

STANDING = Q(ended_at__isnull=True)


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(username=username)


class User(AbstractBaseUser):
    """A member of staff. Customers never have one: the portal is another kind of actor."""

    class Language(models.TextChoices):
        JAPANESE = "ja", "日本語"  # each in its own language, whoever reads the list
        ENGLISH = "en", "English"

    username = models.CharField(_("ログイン名"), max_length=60, unique=True)
    email = models.EmailField(_("メールアドレス"), blank=True)
    display_name = models.CharField(_("氏名"), max_length=60)
    title = models.CharField(_("肩書き"), max_length=60, blank=True)
    language = models.CharField(_("画面の言語"), max_length=2, choices=Language, default=Language.JAPANESE, db_default="ja")
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField()
    has_signed_in = models.BooleanField(default=False, db_default=False, help_text="From now on a device that is new is told by mail.")

    objects = UserManager()
    rows = models.Manager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["display_name"]

    access = "reference"
    privacy = classify(
        public=("id", "display_name"),
        internal=("username", "email", "title", "language", "is_active", "joined_at", "has_signed_in", "last_login"),
        secret=("password",),
    )

    class Meta:
        default_manager_name = "objects"

    def __str__(self) -> str:
        return self.display_name


class Team(models.Model):
    """部署 or 店舗. A tree; a right over a team covers the teams below it. An archived one is chosen for nothing any more."""

    class Kind(models.TextChoices):
        DEPARTMENT = "department", _("部署")
        SHOP = "shop", _("店舗")

    name = models.CharField(_("名前"), max_length=60)
    kind = models.CharField(_("種類"), max_length=10, choices=Kind, default=Kind.DEPARTMENT, db_default=Kind.DEPARTMENT)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("上の部署"))
    archived_at = models.DateTimeField(null=True, blank=True)

    rows = models.Manager()
    access = "reference"
    privacy = classify(public=("id", "name", "kind", "parent"), internal=("archived_at",))

    def __str__(self) -> str:
        return self.name


class TeamMember(models.Model):
    team = models.ForeignKey(Team, models.CASCADE, related_name="+")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    by_hand = models.BooleanField(default=True, db_default=True, help_text="Somebody put them into it here.")
    by_group = models.BooleanField(default=False, db_default=False, help_text="A group of the directory does (SCIM).")

    rows = models.Manager()
    access = "reference"
    privacy = classify(internal=("id", "team", "user", "by_hand", "by_group"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "user"], name="team_member_once"),
            models.CheckConstraint(condition=Q(by_hand=True) | Q(by_group=True), name="team_member_by_somebody"),
        ]


class Role(models.Model):
    """ロール: a set of grants and levels. A user may have several; they only add up."""

    key = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=60)
    description = models.CharField(max_length=200, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True, help_text="Nobody holds it, and nobody is given it.")
    networks = models.JSONField(
        default=list,
        db_default=models.Value([], models.JSONField()),
        blank=True,
        help_text="From where its holders may work: addresses and networks; empty: from anywhere.",
    )

    rows = models.Manager()
    access = "reference"
    privacy = classify(internal=("id", "key", "name", "description", "archived_at", "networks"))

    def __str__(self) -> str:
        return self.name


class RoleGrant(models.Model):
    """One (object, action) at a width: own, team or all."""

    class Scope(models.TextChoices):
        OWN = "own", _("本人の担当")
        TEAM = "team", _("部署")
        ALL = "all", _("全社")

    role = models.ForeignKey(Role, models.CASCADE, related_name="+")
    object = models.CharField(max_length=40)
    action = models.CharField(max_length=20)
    scope = models.CharField(max_length=4, choices=Scope)

    rows = models.Manager()
    access = "reference"
    privacy = classify(internal=("id", "role", "object", "action", "scope"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["role", "object", "action"], name="role_grant_once")]


class RoleLevel(models.Model):
    """What the role may do with columns of one privacy class."""

    role = models.ForeignKey(Role, models.CASCADE, related_name="+")
    privacy_class = models.CharField(max_length=10, choices=[(p.value, p.value) for p in Privacy if p is not Privacy.SECRET])
    level = models.PositiveSmallIntegerField(help_text="0 hidden, 1 masked, 2 read, 3 write")

    rows = models.Manager()
    access = "reference"
    privacy = classify(internal=("id", "role", "privacy_class", "level"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["role", "privacy_class"], name="role_level_once")]


class RoleField(models.Model):
    """What the role may do with one field, where that is not what it may do with its class: `customer.phone`, `customer.cf_3`."""

    role = models.ForeignKey(Role, models.CASCADE, related_name="+")
    field = models.CharField(max_length=60)
    privacy_class = models.CharField(max_length=10, choices=[(p.value, p.value) for p in Privacy if p is not Privacy.SECRET])
    level = models.PositiveSmallIntegerField(help_text="0 hidden, 1 masked, 2 read, 3 write")

    rows = models.Manager()
    access = "reference"
    privacy = classify(internal=("id", "role", "field", "privacy_class", "level"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["role", "field"], name="role_field_once")]


class UserRole(models.Model):
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    role = models.ForeignKey(Role, models.PROTECT, related_name="+")
    by_hand = models.BooleanField(default=True, db_default=True, help_text="Somebody gave it here.")
    by_group = models.BooleanField(default=False, db_default=False, help_text="A group of the directory gives it (SCIM).")

    rows = models.Manager()
    access = "reference"
    privacy = classify(internal=("id", "user", "role", "by_hand", "by_group"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "role"], name="user_role_once"),
            models.CheckConstraint(condition=Q(by_hand=True) | Q(by_group=True), name="user_role_by_somebody"),
        ]


class Share(models.Model):
    """共有: one record that somebody lets a colleague or a team see, or change, until an instant. It widens what they may see by no
    more than this record, and none of their acts. A share with a team is one with the teams below it, and with those above."""

    class Level(models.TextChoices):
        READ = "read", _("見る")
        UPDATE = "update", _("見て変える")

    object = models.CharField(max_length=40, help_text="As guards call it: customer.")
    record_id = models.BigIntegerField()
    user = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    level = models.CharField(_("できること"), max_length=6, choices=Level)
    until_at = models.DateTimeField(null=True, blank=True, help_text="From this instant on it is over; empty: until it is taken back.")
    reason = models.CharField(_("理由"), max_length=200)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)

    rows = models.Manager()
    access = "system"
    privacy = classify(
        internal=(
            "id",
            "object",
            "record_id",
            "user",
            "team",
            "level",
            "until_at",
            "reason",
            "created_at",
            "created_by",
            "ended_at",
            "ended_by",
        )
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(user__isnull=True) ^ Q(team__isnull=True), name="share_is_with_one"),
            models.UniqueConstraint(fields=["user", "object", "record_id"], condition=STANDING, name="share_with_user_once"),
            models.UniqueConstraint(fields=["team", "object", "record_id"], condition=STANDING, name="share_with_team_once"),
        ]
        indexes = [models.Index(fields=["object", "record_id"], name="share_of_record")]


class Reveal(models.Model):
    """開示: what a role shows masked, opened to one user for one record, for a few minutes and a reason. The view log has it too."""

    user = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    object = models.CharField(max_length=40, help_text="As guards call it: customer.")
    record_id = models.BigIntegerField()
    reason = models.CharField(_("理由"), max_length=200)
    at = models.DateTimeField()
    until_at = models.DateTimeField()

    rows = models.Manager()
    access = "system"
    privacy = classify(internal=("id", "user", "object", "record_id", "reason", "at", "until_at"))

    class Meta:
        indexes = [
            models.Index(fields=["user", "until_at"], name="reveal_of_user"),
            models.Index(fields=["object", "record_id"], name="reveal_of_record"),
        ]


class ApiToken(models.Model):
    """A bearer token of one user, stored hashed. It can do what its owner can, at most: all of it, the reading, or its scopes."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    token_hash = models.BinaryField(max_length=32, unique=True)
    read_only = models.BooleanField(default=True)
    scopes = models.JSONField(null=True, blank=True, help_text='["customer.read", …]; null: all that `read_only` leaves of its owner.')
    fields = models.JSONField(null=True, blank=True, help_text='["customer.email", …]: what it shows and writes; null: all its owner may.')
    networks = models.JSONField(
        default=list, db_default=models.Value([], models.JSONField()), blank=True, help_text="From where it is taken; empty: from anywhere."
    )
    expires_at = models.DateTimeField(null=True, blank=True, help_text="By the clock on the wall.")
    used_at = models.DateTimeField(null=True, blank=True, help_text="To within five minutes.")
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    rows = models.Manager()
    access = "system"
    privacy = classify(
        internal=("id", "user", "name", "read_only", "scopes", "fields", "networks", "expires_at", "used_at", "created_at", "revoked_at"),
        secret=("token_hash",),
    )


class SignInLink(models.Model):
    """A link by which one user comes in once, within minutes; made on the server's own command line."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    token_hash = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(help_text="By the clock on the wall.")
    used_at = models.DateTimeField(null=True, blank=True)

    rows = models.Manager()
    access = "system"
    privacy = classify(internal=("id", "user", "created_at", "expires_at", "used_at"), secret=("token_hash",))


class ApiCall(models.Model):
    """A POST of the API that carried an Idempotency-Key: what it made, so that the same call again makes nothing."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    key = models.CharField(max_length=100)
    digest = models.BinaryField(max_length=32, help_text="Of the route and the body: another call under this key is refused.")
    subject_id = models.BigIntegerField(null=True, help_text="What the call made; null until it is through.")
    at = models.DateTimeField()

    rows = models.Manager()
    access = "system"
    privacy = classify(internal=("id", "user", "key", "digest", "subject_id", "at"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="api_call_once")]
        indexes = [models.Index(fields=["at"], name="api_call_by_age")]
