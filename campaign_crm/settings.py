"""Settings: one module, read from the environment only (see `.env.example`, held true by a test)."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from campaign_crm.platform import embedded
from campaign_crm.platform.env import Environment, SettingError, database_settings
from campaign_crm.platform.keys import read_keys
from campaign_crm.platform.oidc_settings import origin_of, single_sign_on
from campaign_crm.shell.unfold import UNFOLD as UNFOLD  # the staff interface's look, kept beside its code

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment()

# --- The machine -------------------------------------------------------------------------------------
DEBUG = env.flag("DEBUG", default=False)
# Without PUBLIC_URL this is an installation for one machine: loopback only, keys made on first start.
LOCAL = env.raw("PUBLIC_URL") is None
PORT = env.port("PORT", 8000)  # of `make run`, on loopback
VAR_DIR = Path(env.text("VAR_DIR", str(BASE_DIR / "var"))).resolve()
MEDIA_ROOT = Path(env.text("MEDIA_ROOT", str(VAR_DIR / "media")))
PUBLIC_URL = env.origin(
    "PUBLIC_URL",
    f"http://127.0.0.1:{PORT}" if LOCAL else None,
    schemes=("https", "http") if DEBUG or LOCAL else ("https",),
)
# Loopback always: health checks from this machine call the server by it.
ALLOWED_HOSTS = [
    *env.some_words("ALLOWED_HOSTS", [urlsplit(PUBLIC_URL).hostname or ""]),
    *("127.0.0.1", "localhost", "[::1]"),
]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
TRUSTED_PROXIES = env.number("TRUSTED_PROXIES", 0)
HEALTH_TOKEN = env.text("HEALTH_TOKEN", "")
LOG_LEVEL = env.choice("LOG_LEVEL", "INFO", choices=("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"))

# --- Keys --------------------------------------------------------------------------------------------
_keys = read_keys(env, var_dir=VAR_DIR, may_make=LOCAL)
SECRET_KEY = _keys.secret
LINK_KEYS = _keys.links
ENCRYPTION_KEYS = _keys.encryption
HASH_KEY = _keys.hash

# --- PostgreSQL and Valkey: your own by URL, else the embedded ones ----------------------------------
_embedded = embedded.urls(VAR_DIR)
DATABASE_URL = env.text("DATABASE_URL", _embedded.database_url)
DATABASE_OWNER_URL = env.text(
    "DATABASE_OWNER_URL",
    _embedded.database_owner_url if _embedded.database_url == DATABASE_URL else DATABASE_URL,
)
REDIS_URL = env.url("REDIS_URL", _embedded.redis_url, schemes=("redis", "rediss", "unix"))
INGEST_REDIS_URL = env.url(
    "INGEST_REDIS_URL", _embedded.ingest_redis_url, schemes=("redis", "rediss", "unix")
)
DATABASES = {
    "default": {
        **database_settings(DATABASE_URL, name_of_variable="DATABASE_URL"),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    "default": {
        "BACKEND": "campaign_crm.platform.caching.LosableCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "crm",
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 2},  # seconds
    }
}

# --- Applications: tracking → messaging → contacts → platform; shell on top --------------------------
INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.forms",
    "pgtrigger",
    "csp",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "campaign_crm.platform",
    "contacts",
    "messaging",
    "tracking",
    "campaign_crm.shell",
]
MIDDLEWARE = [
    "messaging.middleware.LinkHostMiddleware",  # before whatever asks for the host
    "django.middleware.security.SecurityMiddleware",
    "campaign_crm.platform.middleware.PermissionsPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "tracking.ingest.middleware.IngestMiddleware",  # pixels and clicks: before sessions, locale, sign-in
    "messaging.webhooks.middleware.HooksMiddleware",  # providers' calls: the same
    "csp.middleware.CSPMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "campaign_crm.platform.middleware.DatabaseRoleMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "campaign_crm.platform.middleware.ActorMiddleware",
    "campaign_crm.platform.middleware.ScopeMiddleware",
    "campaign_crm.platform.middleware.UserLanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
ROOT_URLCONF = "campaign_crm.urls"
FORM_RENDERER = "campaign_crm.shell.renderer.CrmRenderer"
WSGI_APPLICATION = "campaign_crm.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "campaign_crm.platform.context.organisation",
                "campaign_crm.shell.context.frame",
            ],
        },
    }
]

# --- People who sign in ------------------------------------------------------------------------------
AUTH_USER_MODEL = "platform.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "campaign_crm.platform.accounts.StaffAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # accounts are created by an administrator who knows the address
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # nothing is written to an address that has no account
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_SESSION_REMEMBER = True
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
ACCOUNT_FORMS = {
    "login": "campaign_crm.shell.account_forms.SignInForm",
    "reset_password": "campaign_crm.shell.account_forms.ForgottenPasswordForm",
    "reset_password_from_key": "campaign_crm.shell.account_forms.NewPasswordForm",
    "change_password": "campaign_crm.shell.account_forms.ChangePasswordForm",
    "set_password": "campaign_crm.shell.account_forms.SetPasswordForm",
    "reauthenticate": "campaign_crm.shell.account_forms.ConfirmPasswordForm",
}
MFA_ADAPTER = "campaign_crm.platform.second_step.SealedSecondStep"
MFA_FORMS = {
    "authenticate": "campaign_crm.shell.account_forms.SecondStepForm",
    "reauthenticate": "campaign_crm.shell.account_forms.ConfirmSecondStepForm",
    "add_webauthn": "campaign_crm.shell.account_forms.AddPasskeyForm",
    "edit_webauthn": "campaign_crm.shell.account_forms.RenamePasskeyForm",
    "activate_totp": "campaign_crm.shell.account_forms.SetUpAppForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "Campaign CRM"
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TRUST_ENABLED = True
MFA_TRUST_COOKIE_AGE = 30 * 24 * 3600  # seconds that a device is remembered
SECOND_STEP_REQUIRED = env.choice("SECOND_STEP", "required", choices=("required", "offered")) == "required"
if not SECOND_STEP_REQUIRED and not LOCAL:
    raise SettingError("SECOND_STEP=offered is for an installation of this machine only; remove it.")
ASK_AGAIN_MINUTES = env.number("ASK_AGAIN_MINUTES", 15, least=1)  # exports and sends: how fresh a sign-in

# --- Single sign-on: nothing of it shows until OIDC_SERVER_URL is set ------------------------------------
OIDC_SERVER_URL = env.text("OIDC_SERVER_URL", "").rstrip("/")
OIDC_NAME = env.text("OIDC_NAME", "SSO")
SOCIALACCOUNT_ADAPTER = "campaign_crm.platform.single_sign_on.SingleSignOn"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False  # by `sub`; the adapter says when an address counts
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_LOGIN_ON_GET = False
SOCIALACCOUNT_REAUTHENTICATION_REQUIRED = True  # before another identity is linked
SOCIALACCOUNT_PROVIDERS = (
    single_sign_on(
        server_url=env.url("OIDC_SERVER_URL", None, schemes=("https", "http") if LOCAL else ("https",)),
        name=OIDC_NAME,
        client_id=env.text("OIDC_CLIENT_ID"),
        secret=env.text("OIDC_CLIENT_SECRET"),
    )
    if OIDC_SERVER_URL
    else {}
)

# --- Language and time -------------------------------------------------------------------------------
LANGUAGE_CODE = env.choice("LANGUAGE_CODE", "fr", choices=("fr", "en"))
LANGUAGES = [("fr", "Français"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = env.zone("TIME_ZONE", "Europe/Paris")
RULEBOOK = env.choice("RULEBOOK", "fr", choices=("fr", "none"))  # the country whose law the engine holds
USE_I18N = True
USE_TZ = True

# --- Files -------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "/media/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if LOCAL
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = LOCAL
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600
EXPORT_APPROVAL_ABOVE = env.number("EXPORT_APPROVAL_ABOVE", 200)  # people a day: above, another agrees
FORM_REDIRECT_HOSTS = [host.lower() for host in env.words("FORM_REDIRECT_HOSTS")]
FORM_MAIL_CHECK = env.flag("FORM_MAIL_CHECK", not LOCAL)
FORM_PROOF_COST = env.number("FORM_PROOF_COST", 60_000)  # hashes a browser makes at most
EXPORT_KEPT_HOURS = env.number("EXPORT_KEPT_HOURS", 48, least=1)  # until a file that was made is deleted
IMPORT_FILE_DAYS = env.number("IMPORT_FILE_DAYS", 30, least=1)  # that a file waits to be imported
IMPORT_UNDO_DAYS = env.number("IMPORT_UNDO_DAYS", 90, least=1)  # then what an import replaced is forgotten
PRIVATE_NETWORKS = env.networks("PRIVATE_NETWORKS")  # where places of recurring imports may stand
IMPORT_FOLDER = env.text("IMPORT_FOLDER", "")  # empty: files are sent, or named on the command line
UPLOAD_MAX_BYTES = env.number("UPLOAD_MAX_MEGABYTES", 2048, least=1) * 1024 * 1024

# --- Mail --------------------------------------------------------------------------------------------
# Messages leave through ProviderAccount rows. This transport is for sign-in mail when none of them can.
EMAIL_BACKEND = "messaging.sign_in_mail.SignInMail"
EMAIL_HOST = env.text("EMAIL_HOST", "127.0.0.1")
EMAIL_PORT = env.port("EMAIL_PORT", 1025 if LOCAL else 25)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", default=False)
EMAIL_TIMEOUT = 10  # seconds: a page waits for it
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "campaign@localhost")
MAIL_CATCHER_ENABLED = env.flag("MAIL_CATCHER", default=LOCAL)
MAIL_CATCHER_PORT = env.port("MAIL_CATCHER_PORT", 1025)
LMTP_PORT = env.number("LMTP_PORT", 0, most=65535)  # where a mail server hands returns over; 0: nowhere
LMTP_HOST = env.text("LMTP_HOST", "127.0.0.1")  # another only in a container, published on loopback
MAILBOX_DIR = VAR_DIR / "mailbox"

# --- Background work ---------------------------------------------------------------------------------
# Time to cancel a mailing, until the organisation sets its own.
CANCEL_WINDOW_SECONDS = env.number("CANCEL_WINDOW_SECONDS", 120, most=3600)
DISPATCH_WORKERS = env.number("DISPATCH_WORKERS", 2, least=1)  # parallel senders, over all machines
JOB_WORKERS = env.number("JOB_WORKERS", 1, least=1)  # imports and other jobs at once, over all machines
# Kombu speaks to a socket file as redis+socket://; everything else says unix://.
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_TIME_LIMIT = 3600
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# The broker may be away at any moment: whoever wakes the workers is told at once, and waits for no answer.
CELERY_BROKER_TRANSPORT_OPTIONS = {"max_retries": 0, "socket_connect_timeout": 1, "socket_timeout": 5}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False  # our handlers: they hide what people wrote
CELERY_TIMEZONE = "UTC"

# --- Security ----------------------------------------------------------------------------------------
_https = PUBLIC_URL.startswith("https://")
SECURE_SSL_REDIRECT = env.flag("SECURE_SSL_REDIRECT", default=_https)
SECURE_REDIRECT_EXEMPT = [r"^live$", r"^ready$", r"^progress$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _https
SECURE_HSTS_PRELOAD = _https
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = _https
SESSION_COOKIE_AGE = 14 * 24 * 3600
CSRF_COOKIE_SECURE = _https
LANGUAGE_COOKIE_SECURE = _https
X_FRAME_OPTIONS = "DENY"
from campaign_crm.platform.content_security import CONTENT_SECURITY_POLICY as CONTENT_SECURITY_POLICY  # noqa: E402

if OIDC_SERVER_URL:  # browsers ask the policy also about where a form's answer sends them on
    CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"].append(origin_of(OIDC_SERVER_URL))

# --- API ---------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "campaign_crm.platform.api.access.ApiKeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["campaign_crm.platform.api.access.HasScope"],
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "campaign_crm.platform.api.schema.ApiSchema",
    "EXCEPTION_HANDLER": "campaign_crm.platform.api.problems.answer_problem",
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "campaign_crm.platform.api.pages.NewestFirst",
    "PAGE_SIZE": 50,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Campaign CRM API",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [],  # choices stand where they are taken
    "SERVE_PERMISSIONS": ["campaign_crm.platform.api.access.HasScope"],
}

# --- Logs: ids, counts and durations, never addresses or bodies --------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "class": "campaign_crm.platform.logs.Line",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
}
