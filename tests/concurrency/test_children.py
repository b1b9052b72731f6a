"""A forked child that fails is not taken for one that was killed."""

import os
import signal

import pytest

from tests.concurrency.children import Child, in_processes


def test_children_answer_in_order() -> None:
    assert in_processes([lambda: "one", lambda: "two"]) == ["one", "two"]


def test_a_killed_child_answers_nothing() -> None:
    assert Child(lambda: os.kill(os.getpid(), signal.SIGKILL)).answer() is None


def test_a_child_that_fails_is_an_error_and_says_why(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(AssertionError, match="a child ended with an error"):
        Child(lambda: 1 // 0).answer()
    assert "ZeroDivisionError" in capfd.readouterr().err
