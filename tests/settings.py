"""Settings of a test session: the project's, in an environment that belongs to the session."""

from ipaddress import ip_network

from tests.environment import prepare_environment

SERVERS = prepare_environment()

from campaign_crm.settings import *  # noqa: E402, F403

PRIVATE_NETWORKS = [ip_network("127.0.0.0/8"), ip_network("::1")]  # where the servers of tests stand
CANCEL_WINDOW_SECONDS = 0  # tests of the window set their own
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # speed; never outside tests
SECOND_STEP_REQUIRED = False  # tests of it switch it on: everybody else signs in without a phone
FORM_PROOF_COST = 200  # hashes; browsers of installations make more
