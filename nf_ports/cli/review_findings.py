"""What a change means to a reviewer: one word for how bad it is, the worst first, and which conditions it meets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from nf_ports.cli.texts import camel, counted
from nf_ports.exposure import Change

Effect = Literal["unprotected", "opened", "widened", "unclear", "changed", "narrowed", "closed", "unchanged"]
EFFECTS: Final[tuple[Effect, ...]] = get_args(Effect)
"""What happens to who gets in, the worst first."""
WORDS: Final[dict[Effect, str]] = {
    "unprotected": "opened to everyone",
    "opened": "opened",
    "widened": "widened",
    "unclear": "cannot be told",
    "changed": "changed",
    "narrowed": "narrowed",
    "closed": "closed",
    "unchanged": "unchanged",
}
Condition = Literal["widened", "opened", "unprotected"]
CONDITIONS: Final[tuple[Condition, ...]] = get_args(Condition)
_WIDENS: Final = ("unprotected", "opened", "widened", "unclear")
NOBODY: Final = "nobody"


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

    def meets(self, condition: Condition) -> bool:
        """Whether it is, or may be, what a condition asks for.

        ``widened``: anybody gains access; ``opened``: somebody gets in where nobody did; ``unprotected``: everyone gets
        in where not everyone did. What cannot be told meets a condition, unless it certainly does not.
        """
        change = self.change
        if condition == "widened":
            return self.effect in _WIDENS
        if change is None:
            return ("open" if condition == "opened" else "everyone") in self.sentence
        if condition == "opened":
            return change.kind == "opened" or (self.effect == "unclear" and change.before == NOBODY)
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
    """How many findings there are of each effect: ``1 opened to everyone, 2 widened``; empty where nothing changes."""
    counts = Counter(each.effect for each in findings)
    return ", ".join(f"{counts[effect]} {WORDS[effect]}" for effect in EFFECTS[:-1] if counts[effect])


def headline(services: int, findings: Sequence[Finding], read: int) -> str:
    """The whole review in a sentence without a full stop."""
    if not services:
        return "no service changes its ports" + (f"; {counted(read, 'is', 'are')} only read" if read else "")
    change = counted(services, "service changes", "services change")
    found = summary(findings)
    if not found:
        return f"{change}, but not who gets in"
    widens = any(each.effect in _WIDENS for each in findings)
    return f"{change}{'' if widens else ', nothing widens'}: {found}"


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
