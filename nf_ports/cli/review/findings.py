"""The findings of a review: one word for the effect of a change, and the conditions that it meets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from nf_ports.cli.text import camel, counted
from nf_ports.exposure import Change

Effect = Literal[
    "unprotected", "opened", "widened", "unclear", "changed", "narrowed", "closed", "new", "removed", "unchanged"
]
EFFECTS: Final[tuple[Effect, ...]] = get_args(Effect)
"""The effects of a change on who gets in, the most severe first."""
WORDS: Final[dict[Effect, str]] = {
    "unprotected": "opened to everyone",
    "opened": "opened",
    "widened": "widened",
    "unclear": "undetermined",
    "changed": "changed",
    "narrowed": "narrowed",
    "closed": "closed",
    "new": "new",
    "removed": "removed",
    "unchanged": "unchanged",
}
ELSEWHERE: Final[dict[Effect, str]] = {
    **{effect: f"{word} elsewhere" for effect, word in WORDS.items()},
    "unclear": "perhaps opened elsewhere",
}
"""The same of edits that were made elsewhere since the last run."""
_CODES: Final[dict[Effect, str]] = {
    "unprotected": "NF301",
    "opened": "NF302",
    "widened": "NF303",
    "unclear": "NF304",
}
Condition = Literal["widened", "opened", "unprotected"]
CONDITIONS: Final[tuple[Condition, ...]] = get_args(Condition)
_OPENS: Final = ("unprotected", "opened", "widened")
_WIDENS: Final = (*_OPENS, "unclear")


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence of a review.

    Attributes:
        effect: what it comes to.
        sentence: all of it in one line.
        change: what was compared; None where the provider says more than can be seen in the preview.
    """

    effect: Effect
    sentence: str
    change: Change | None = None

    @property
    def code(self) -> str | None:
        """The code of its rule; None if nobody gains access."""
        return _CODES.get(self.effect)

    @property
    def coded_sentence(self) -> str:
        """The sentence with the code."""
        return f"{self.sentence} ({self.code})" if self.code else self.sentence

    def meets(self, condition: Condition) -> bool:
        """True if the finding meets a condition, or may.

        ``widened``: anybody gains access; ``opened``: somebody gets in where nobody did; ``unprotected``: everyone gets
        in where not everyone did. What undetermined meets a condition, unless it certainly does not. What only the
        provider sees hangs on a secret, which decides whose password or header value opens: it widens, and where it
        says so, it lets everyone in.
        """
        change = self.change
        if condition == "widened" or change is None:
            return self.effect == condition or (condition == "widened" and self.effect in _WIDENS)
        if condition == "opened":
            return change.kind == "opened" or (self.effect == "unclear" and change.entrants[0] != "somebody")
        unclear = self.effect == "unclear" and change.before_protection != "public"
        return self.effect == "unprotected" or (unclear and change.after_protection in {"public", "unknown"})

    def as_dict(self) -> dict[str, Any]:
        """The same for a machine."""
        change = {camel(key): item for key, item in self.change.as_dict().items()} if self.change else None
        return {"effect": self.effect, "sentence": self.sentence, "change": change}


def finding(change: Change) -> Finding:
    """A change as a finding."""
    return Finding(_effect(change), change.sentence, change)


def rank(effect: Effect) -> int:
    """The place of an effect among all, the worst being 0."""
    return EFFECTS.index(effect)


def summary(findings: Iterable[Finding]) -> str:
    """The number of findings of each effect: ``1 opened to everyone, 2 widened``; empty if nothing changes."""
    counts = Counter(each.effect for each in findings)
    return ", ".join(f"{counts[effect]} {WORDS[effect]}" for effect in EFFECTS[:-1] if counts[effect])


def widens(findings: Iterable[Finding]) -> bool:
    """True if somebody gains access, or may."""
    return any(each.effect in _WIDENS for each in findings)


def headline_next(services: int, findings: Sequence[Finding], read: int) -> str:
    """The next run in a sentence without a full stop."""
    if not services:
        return "no service changes its ports" + (f"; {counted(read, 'is', 'are')} only read" if read else "")
    change = counted(services, "service changes", "services change")
    found = summary(findings)
    if not found:
        return f"{change}, but not who gets in"
    return f"{change}{'' if widens(findings) else ', nothing widens'}: {found}"


def headline_elsewhere(services: int, findings: Sequence[Finding]) -> str:
    """The changes made elsewhere, in a sentence without a full stop; there is at least one."""
    found = summary(findings)
    if not found:
        return f"{counted(services, 'service was', 'services were')} changed elsewhere, but not who gets in"
    if any(each.effect in _OPENS for each in findings):
        return f"opened elsewhere: {found}"
    return f"{'perhaps opened elsewhere' if widens(findings) else 'changed elsewhere, nothing widened'}: {found}"


def _effect(change: Change) -> Effect:
    if change.subject == "names":
        # A name that stays beside another lets nobody in who did not get in before.
        return "changed" if change.kind == "unknown" else change.kind
    if change.after_protection == "public" and change.before_protection != "public":
        return "unprotected"
    if change.kind == "opened":
        return "opened"
    if change.widens():
        return "unclear" if change.kind == "unknown" else "widened"
    return "changed" if change.kind == "unknown" else change.kind
