"""The platform's tables, by room: people who sign in, what happened, settings, files, work in progress."""

from enishi.platform.models.approvals import ApprovalRequest, ApprovalRule, ApprovalRuleStep, ApprovalStep, Deputy
from enishi.platform.models.audit import AuditCheck, AuditFile, ChangeSet, FieldChange, Seal, SealMark, Tombstone, ViewLog
from enishi.platform.models.events import DeadLetter, Event, EventCursor
from enishi.platform.models.identity import CompanyAnswer, IdentityProvider
from enishi.platform.models.invitations import Invitation
from enishi.platform.models.organisation import Counter, ModuleState, Organisation
from enishi.platform.models.people import (
    ApiCall,
    ApiToken,
    Reveal,
    Role,
    RoleField,
    RoleGrant,
    RoleLevel,
    Share,
    SignInLink,
    Team,
    TeamMember,
    User,
    UserRole,
)
from enishi.platform.models.scim import ScimGroup, ScimMeeting, ScimMember, ScimSettings, ScimToken, ScimTrouble, ScimUser
from enishi.platform.models.sessions import UserSession
from enishi.platform.models.work import StoredFile, Work

__all__ = [
    "ApiCall",
    "ApiToken",
    "ApprovalRequest",
    "ApprovalRule",
    "ApprovalRuleStep",
    "ApprovalStep",
    "AuditCheck",
    "AuditFile",
    "ChangeSet",
    "CompanyAnswer",
    "Counter",
    "DeadLetter",
    "Deputy",
    "Event",
    "EventCursor",
    "FieldChange",
    "IdentityProvider",
    "Invitation",
    "ModuleState",
    "Organisation",
    "Reveal",
    "Role",
    "RoleField",
    "RoleGrant",
    "RoleLevel",
    "ScimGroup",
    "ScimMeeting",
    "ScimMember",
    "ScimSettings",
    "ScimToken",
    "ScimTrouble",
    "ScimUser",
    "Seal",
    "SealMark",
    "Share",
    "SignInLink",
    "StoredFile",
    "Team",
    "TeamMember",
    "Tombstone",
    "User",
    "UserRole",
    "UserSession",
    "ViewLog",
    "Work",
]
