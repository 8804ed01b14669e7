"""Declarative infrastructure on SAKURA Cloud, Cloudflare and container engines.

Say what shall be there, and :meth:`Stack.converge` makes it so::

    from fleetflow import Disk, Dns, Plan, Server, Stack

    stack = Stack("creo", stage="dev")
    web = stack.add(Server("web", plan=Plan(core=4, memory=4), disk=Disk(size=100, os="ubuntu-24.04")))
    dns = stack.add(Dns("example.jp"))
    dns.record("api", type="A", value=web.ip, proxied=True)
    print(stack.plan())

Threads: everything here may be used from several threads and asyncio loops at once. Work runs on threads of its own
that never hold the interpreter lock. They do not survive a fork: a process that was forked off after the first run gets
an :class:`UnsupportedError`; start processes afresh instead (the ``spawn`` method of multiprocessing).

Interpreters: the package lives in the main interpreter. A subinterpreter that imports it gets an ``ImportError`` from
Python 3.12 on; on earlier ones, do not. Wheels use the stable ABI of Python 3.9 and later, which free-threaded
interpreters before 3.15 cannot load: build from source for one of these. The module keeps no state that would need the
interpreter lock; it is not tested without one yet, and therefore switches it on.
"""

import atexit as _atexit

from . import _fleetflow
from .errors import *
from .events import *
from .loading import load as load
from .plans import *
from .providers import *
from .reports import *
from .resource import Part as Part, Resource as Resource
from .resources import *
from .sandbox import Sandbox as Sandbox
from .stack import Stack as Stack
from .state import *
from .values import *

__version__: str = _fleetflow.__version__

# From here on no thread of the module calls the interpreter any more.
_atexit.register(_fleetflow.leave)
