"""The newcomer's way from nothing to HOLDER, as one flow that goes on after a kill at any step.

`join(Join(..), progress=..) -> Joined`. The journal in the home's run folder says what was done;
each step looks at the enclave and the chain before it believes the journal.
"""

from __future__ import annotations

from node.join.failures import JoinCode, JoinFailure
from node.join.flow import join
from node.join.plan import Join, Joined, Progress, StateSync, Step

__all__ = ["Join", "JoinCode", "JoinFailure", "Joined", "Progress", "StateSync", "Step", "join"]
