"""What a refusal says of the table of states."""

from __future__ import annotations

import pytest

from enclave.errors import Refusal
from enclave.framework.states import TRANSITIONS, Operation, State, check_legal


@pytest.mark.parametrize("operation", Operation)
def test_a_refusal_names_the_states_in_which_it_is_legal(operation: Operation) -> None:
    legal = [state.name for state in State if operation in TRANSITIONS[state]]
    for state in State:
        if state.name in legal:
            check_legal(state, operation)
            continue
        with pytest.raises(Refusal) as refused:
            check_legal(state, operation)
        assert refused.value.expected == f"{operation} in {' or '.join(legal)}"
        assert refused.value.found == state.name
