"""A request that is sent twice is done once, and answered twice with the same answer."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from reship import intake
from reship.database.many import insert_columns, update_many
from reship.errors import Refusal
from reship.fulfilment.models import RequestKey

LONGEST_KEY = 200


@dataclass(slots=True)
class _Taken:
    """A key's row: of this batch, or of the request that took it before; without an answer, it is ours."""

    pk: int
    input_hash: str
    answer: str


class RequestKeys:
    """The request keys of one batch, inside its transaction.

    `claim` comes before every other lock: a twin waits there on the unique index until the first has committed, and
    then reads its answer. `settle` stores the answers and drops the keys of what was refused, which may be tried again.
    """

    def __init__(self, *, client_id: int, at: datetime) -> None:
        self._client_id = client_id
        self._at = at
        self._rows: dict[str, _Taken] = {}
        self._answers: dict[str, str] = {}
        self._kept_until: dict[str, datetime] = {}

    def claim(self, requests: Iterable[tuple[str, str]]) -> None:
        """Takes each key for its request, given as text that stands for the whole of it, in one order everywhere."""
        inputs: dict[str, str] = {}
        for key, text in requests:
            if _is_key(key):
                inputs.setdefault(key, text)
        if not inputs:
            return
        keys = sorted(inputs)
        taken = insert_columns(
            RequestKey,
            self._client_id,
            {
                "client_id": [self._client_id] * len(keys),
                "key": keys,
                "input_hash": [_hashed(inputs[key]) for key in keys],
                "answer": [""] * len(keys),
                "made_at": [self._at] * len(keys),
            },
            conflict="(client_id, key) DO UPDATE SET key = excluded.key",
            returning="key, id, input_hash, answer",
        )
        self._rows = {key: _Taken(row_id, input_hash, answer) for key, row_id, input_hash, answer in taken}

    def first_answer(self, key: str, text: str) -> str | None:
        """The stored answer when this request was answered before.

        Refuses `request_key_reused`, and `invalid_request_key` for one that is not 1 to 200 printable ASCII characters.
        """
        require_valid_key(key)
        row = self._rows[key]
        answer = row.answer or self._answers.get(key)
        if not answer:
            # The key is ours: whatever took it before in this batch was refused, and leaves it as a batch before would.
            row.input_hash = _hashed(text)
            return None
        if row.input_hash != _hashed(text):
            raise request_key_reused(key)
        return answer

    def answer(self, key: str, answer: str, *, kept_until: datetime | None = None) -> None:
        """What is answered under the key from now on; without a time, for ever."""
        self._answers[key] = answer
        if kept_until is not None:
            self._kept_until[key] = kept_until

    def settle(self) -> None:
        update_many(
            RequestKey,
            self._client_id,
            ["input_hash", "answer", "kept_until"],
            [
                (self._rows[key].pk, self._rows[key].input_hash, answer, self._kept_until.get(key))
                for key, answer in sorted(self._answers.items())
            ],
        )
        refused = [row.pk for key, row in self._rows.items() if not row.answer and key not in self._answers]
        if refused:
            RequestKey.objects.filter(pk__in=refused).delete()


def require_valid_key(key: str) -> None:
    """Refuses `invalid_request_key` for what is not 1 to 200 printable ASCII characters."""
    if not _is_key(key):
        raise Refusal(
            "invalid_request_key",
            "A request key is 1 to 200 printable ASCII characters.",
            given=intake.shown(key),
            longest=LONGEST_KEY,
        )


def request_key_reused(key: str) -> Refusal:
    return Refusal("request_key_reused", f"The request key {intake.shown(key)} was used for another request.", key=key)


def _is_key(key: str) -> bool:
    return key.isascii() and key.isprintable() and 1 <= len(key) <= LONGEST_KEY


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
