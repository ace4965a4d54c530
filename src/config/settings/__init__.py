"""Django settings, composed from the one `Environment` that `environment.py` reads and checks.

Nothing else in the project reads `os.environ`.
"""

from __future__ import annotations

from django.utils.csp import CSP

from config.settings.databases import databases
from config.settings.environment import env

SECRET_KEY = env.secret_key
DEBUG = env.debug
DEMO = env.demo
DATA_DIR = env.data_dir
ENGINE_MEMORY_MB = env.engine_memory_mb
# The demo's own mailbox listens on loopback, beside the web server's port; nothing else there may be called.
SINK_PORT = (env.port + 525) % 65_536 or 2_525
EGRESS_ALLOW = (*env.egress_allow, f"127.0.0.1:{SINK_PORT}") if DEMO else env.egress_allow
TEST_CLOCK_ALLOWED = env.test_clock

APP_HOST, TRACK_HOST, FILES_HOST = env.app_host, env.track_host, env.files_host
BASE_SCHEME, PUBLIC_PORT = env.base_scheme, env.public_port
ALLOWED_HOSTS = [APP_HOST, TRACK_HOST, FILES_HOST, "127.0.0.1", "[::1]"]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django_htmx",
    "django_cotton",
    "django_vite",
    "enishi.platform",  # before allauth: our sign-in pages stand in for its own
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "procrastinate.contrib.django",
    "enishi.rules",
    "enishi.customers",
    "enishi.commerce",
    "enishi.messaging",
    "enishi.segments",
    "enishi.warehouse",
    "enishi.analytics",
    "enishi.campaigns",
]

MIDDLEWARE = [
    # First, so that no answer is without its headers: 400 to a foreign host, 404, 405, 500, files of the front end.
    "django.middleware.security.SecurityMiddleware",
    "enishi.platform.middleware.headers.SecurityHeadersMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "enishi.platform.middleware.hosts.HostRoutingMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "enishi.platform.middleware.sessions.SessionLimitsMiddleware",
    "enishi.platform.middleware.languages.LanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "enishi.platform.middleware.actors.ActorMiddleware",
    "enishi.platform.middleware.looking.LookingMiddleware",
    "enishi.platform.middleware.refusals.RefusalMiddleware",
]

ROOT_URLCONF = "config.urls"
TRACK_URLCONF = "config.urls_track"
FILES_URLCONF = "config.urls_files"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "enishi.platform.frame.frame",
            ],
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django_cotton.cotton_loader.Loader",
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "builtins": ["django_cotton.templatetags.cotton", "django.templatetags.i18n", "django.templatetags.static"],
        },
    }
]

DATABASES = databases(env)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "platform.User"
AUTHENTICATION_BACKENDS = ["enishi.platform.signin.ActiveUserBackend"]
_names = {"user_attributes": ("username", "display_name", "email", "title")}
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator", "OPTIONS": _names},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "enishi.platform.passwords.OwnWordsValidator"},
    {"NAME": "enishi.platform.passwords.LongestValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "enishi.platform.signin.ClosedAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
PASSWORD_RESET_TIMEOUT = 2 * 3600
ACCOUNT_FORMS = {
    "login": "enishi.platform.forms.signin.SignInForm",
    "reset_password": "enishi.platform.forms.signin.ForgottenForm",
    "change_password": "enishi.platform.forms.passwords.ChangeForm",
    "set_password": "enishi.platform.forms.passwords.FirstForm",
    "reset_password_from_key": "enishi.platform.forms.passwords.ByLinkForm",
}
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_USER_DISPLAY = "enishi.platform.signin.display_name"
# Per account and per true peer, held in the database's cache, so that they count over all processes.
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "10/m/ip,5/5m/key", "reset_password": "10/h/ip,3/h/key"}
ALLAUTH_TRUSTED_PROXY_COUNT = env.trusted_proxies
SOCIALACCOUNT_ADAPTER = "enishi.platform.oidc.CompanyAdapter"
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False  # a mail address links nobody
SOCIALACCOUNT_STORE_TOKENS = False
MFA_ADAPTER = "enishi.platform.second_factor.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {
    "authenticate": "enishi.platform.forms.signin.CodeForm",
    "authenticate_webauthn": "enishi.platform.forms.signin.PasskeyProofForm",
    "login_webauthn": "enishi.platform.forms.signin.PasskeyLoginForm",
    "activate_totp": "enishi.platform.forms.signin.EnrolForm",
    "add_webauthn": "enishi.platform.forms.signin.PasskeyForm",
    "edit_webauthn": "enishi.platform.forms.signin.PasskeyNameForm",
}
MFA_ALLOW_UNVERIFIED_EMAIL = True  # accounts are made by an administrator, not by whoever types an address
MFA_REAUTHENTICATION_REQUIRED = False  # `guards.confirmed` stands before these pages, as before others
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_RECOVERY_CODE_DIGITS = 10
MFA_TOTP_TOLERANCE = 1  # a code of the half minute before or after still counts, once

LANGUAGE_CODE = "ja"
LANGUAGES = [("ja", "日本語"), ("en", "English")]
LOCALE_PATHS = [str(env.source_dir / "enishi" / "locale")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Tokyo"

# The server for mail to staff, where one is set; customers' mail, and staff's without it, goes by the accounts of a screen.
SYSTEM_SMTP_HOST, SYSTEM_SMTP_PORT, SYSTEM_SMTP_SECURITY = env.smtp_host, env.smtp_port, env.smtp_security
SYSTEM_SMTP_USER, SYSTEM_SMTP_PASSWORD, SYSTEM_SMTP_FROM = env.smtp_user, env.smtp_password, env.smtp_from

# The database cache is shared by every process: sign-in limits hold whatever worker answers. It must hold more entries
# than an attacker has addresses at hand, since it forgets when it is full.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "platform_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_NAME = "__Host-enishi" if env.secure else "enishi_session"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.secure
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
DEVICE_COOKIE_NAME = "__Host-enishi_device" if env.secure else "enishi_device"
CSRF_COOKIE_NAME = "__Host-enishi_csrf" if env.secure else "enishi_csrf"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "enishi.platform.views.errors.csrf_failed"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if env.secure else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.secure
SECURE_SSL_REDIRECT = False
X_FRAME_OPTIONS = "DENY"
_files_origin = f"{BASE_SCHEME}://{FILES_HOST}" + (f":{PUBLIC_PORT}" if PUBLIC_PORT else "")
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:", _files_origin],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "frame-src": [_files_origin],
    "manifest-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
    "object-src": [CSP.NONE],
}

STATIC_URL = "/static/"
STATIC_ROOT = str(env.data_dir / "static")
STATICFILES_DIRS: list[str] = []
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 31_536_000
_dist = env.source_dir / "enishi" / "platform" / "static" / "dist"
DJANGO_VITE = {"default": {"dev_mode": False, "manifest_path": str(_dist / "manifest.json"), "static_url_prefix": "dist"}}

# An import file may be 200 MB; Django streams what is larger than this to disk.
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_000_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 5_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
FILE_UPLOAD_TEMP_DIR = None

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "tasks"
PROCRASTINATE_ON_APP_READY = None

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.log_level},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "procrastinate": {"level": "WARNING"},
        "mail.log": {"level": "WARNING"},
        "django.security.DisallowedHost": {"level": "ERROR"},
    },
}
