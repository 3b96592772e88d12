"""Loopback servers that behave like providers' documented HTTP APIs, one module each.

They enforce the documented limits, refuse wrong credentials, and play faults: refusals, 429, failures before
and after the messages were taken, silence, answers cut in the middle. What they took is kept as the reader
would get it: values in their places, in the provider's own syntax.
"""

from tests.support.http_fakes.api import FakeApi as FakeApi
from tests.support.http_fakes.api import Refusal as Refusal
from tests.support.http_fakes.api import Reply as Reply
from tests.support.http_fakes.api import Taken as Taken
from tests.support.http_fakes.server import FakeServer as FakeServer
from tests.support.http_fakes.server import HttpFault as HttpFault
