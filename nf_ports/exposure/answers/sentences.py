"""Changes in sentences: one line each, the port and the paths first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from nf_ports.exposure.access.addresses import EVERY_ADDRESS, union
from nf_ports.exposure.access.checks import Caller, is_private
from nf_ports.exposure.access.truth_table import Alternative, Requirement
from nf_ports.exposure.access.words import EVERYONE_WORDS, INSIDE, UNSPECIFIED, either, in_words, listed, ranges, shown
from nf_ports.exposure.answers.differences import Difference
from nf_ports.ports.port import AdvancedOptions, Port

_CALLER_WORDS: Final[dict[Caller, str]] = {
    "internet": "the internet",
    "internal": "callers from the same or a linked project by a public name",
    "vpc": "the private load balancer",
    "private": "the private network",
}


class Subject(NamedTuple):
    """The subject of a sentence: a port before and after, some paths, a caller, and uncertain points.

    `noun` stands in place of the port where the sentence is about what the port leads to.
    """

    port: str
    caller: Caller
    paths: str
    before: object
    after: object
    old_name: str
    undetermined: tuple[str, ...]
    not_known: tuple[str, ...]
    noun: str = ""


def prefix(port: str, caller: Caller, paths: str, noun: str = "") -> str:
    """The port, or a noun in its place, and the paths, and the caller unless it is the internet."""
    parts = [noun or (f'port "{shown(port)}"' if port else "all ports"), *filter(None, [paths])]
    if caller != "internet":
        parts.append(f"for {_CALLER_WORDS[caller]}" if caller == "internal" else f"on {_CALLER_WORDS[caller]}")
    return ", ".join(parts)


def access_sentence(subject: Subject, found: Difference) -> str:
    """The change of access in a sentence."""
    aimed = found.kind in {"opened", "closed"}
    caller: Caller = "internet" if aimed else subject.caller
    text = f"{prefix(subject.port, caller, subject.paths, subject.noun)}: {_says(subject, found)}"
    if subject.undetermined and found.kind != "unchanged" and found.gained + found.lost:
        text += case(subject.undetermined, strict=found.by_reading)
    if subject.old_name and subject.old_name != subject.port:
        text += f' (renamed from "{shown(subject.old_name)}")'
    return text


def case(points: Sequence[str], *, strict: bool = False) -> str:
    """The part of a sentence that says which reading of undetermined points it holds for; empty without any."""
    return f" (this is the {'stricter' if strict else 'less strict'} case: {'; '.join(points)})" if points else ""


def _says(subject: Subject, found: Difference) -> str:
    if not found.exact and found.kind != "unknown":
        return "unchanged" if found.kind == "unchanged" else "changed; it has too many checks to compare exactly"
    if found.kind == "unknown":
        return _unknown(subject, found)
    if found.kind == "unchanged":
        return _unchanged(subject, found)
    says = [_verbs(subject, found)] if found.gained or found.lost else []
    if found.rotated:
        says.append(new_secrets(found.rotated))
    if found.patterns:
        have = "have" if len(found.patterns) > 1 else "has"
        says.append(f"{listed(found.patterns, 'and')} {have} another pattern, which may match more")
    return "; ".join(says)


def new_secrets(whose: Sequence[str]) -> str:
    """The part of a sentence about new secrets."""
    return f"{listed(whose, 'and')} {'get' if len(whose) > 1 else 'gets'} a new secret"


def _unknown(subject: Subject, found: Difference) -> str:
    becomes = "becomes public, and " if _turned(subject, "public") else ""
    sure = f"lets in {either(in_words(found.gained))}, and " if found.gained else ""
    if subject.not_known:
        reasons = f": {'; '.join(subject.not_known)}" if subject.port else ""
        return f"{becomes}{sure}it is unknown who {'else ' if sure else ''}gets in{reasons}"
    return f"{becomes}{sure}it is unknown whether {listed(found.rotated, 'or')} gets a new secret"


def _unchanged(subject: Subject, found: Difference) -> str:
    if found.after:
        return f"unchanged: {either(in_words(found.after))}"
    before, after = is_private(subject.before), is_private(subject.after)
    if subject.before is None:
        return f"new; {INSIDE}" if after else "new, and lets nobody in from the internet"
    if subject.after is None:
        lose = "callers inside the project lose it"
        return f"removed; {lose}" if before else f"removed; it let nobody in from the internet, and {lose}"
    return f"unchanged: {INSIDE}" if before and after and not subject.paths else "unchanged: nobody"


def _verbs(subject: Subject, found: Difference) -> str:
    entrance = _CALLER_WORDS[subject.caller]
    before, now = found.before or (), found.after or ()
    was, after = either(in_words(before)), either(in_words(now))
    if found.kind == "opened":
        return f"opened to {entrance}; " + (f"it lets in {after}" if found.after else "it is unknown who gets in")
    if found.kind == "closed":
        gone = "removed" if subject.after is None else f"closed to {entrance}"
        return f"{gone}; it let in {was}" if before else gone
    if not before or not now:
        return _gains_and_losses(found, before, now)
    if _turned(subject, "passthrough") and found.gained:
        return f"TLS passthrough switches off logins, headers and path rules; {after} gets in"
    says = _one_to_one(before, now) if len(before) == len(now) == 1 and UNSPECIFIED not in (*before, *now) else ""
    if not says and found.kind == "widened" and after == EVERYONE_WORDS:
        says = f"no longer asks for {was}; everyone gets in"
    if not says and found.kind == "narrowed" and was == EVERYONE_WORDS:
        says = f"now asks for {after}"
    return says or _gains_and_losses(found, before, now)


def _gains_and_losses(found: Difference, before: Sequence[Alternative], now: Sequence[Alternative]) -> str:
    common = {alternative.requirements for alternative in before} & {alternative.requirements for alternative in now}
    different = {alternative.requirements for alternative in (*found.gained, *found.lost)}
    if len(different) == 1 and different <= common - {UNSPECIFIED.requirements}:
        parts = []
        for verb, alternatives in (("widened", found.gained), ("narrowed", found.lost)):
            if alternatives:
                parts.append(f"{verb} by {ranges(union(each.addresses for each in alternatives))}")
        return f"allow-list {' and '.join(parts)}"
    parts = []
    if found.gained:
        parts.append(f"now also lets in {either(in_words(found.gained))}")
    if found.lost:
        parts.append(f"no longer lets in {either(in_words(found.lost))}")
    return "; ".join(parts)


def _one_to_one(before: Sequence[Alternative], after: Sequence[Alternative]) -> str:
    """The sentence for one alternative that becomes another, different in one respect; empty if there is none."""
    (old,), (new,) = before, after
    if old.requirements == new.requirements:
        return _by_address(old, new)
    if old.addresses != new.addresses:
        return ""
    gets_in = in_words([new])[0]
    if new.requirements < old.requirements:
        says = f"no longer asks for {_requirements(old.requirements - new.requirements)}"
        return f"{says}; {gets_in} {'is enough' if new.requirements else 'gets in'}"
    if new.requirements > old.requirements:
        return f"now asks for {_requirements(new.requirements - old.requirements)}"
    return ""


def _by_address(old: Alternative, new: Alternative) -> str:
    who = in_words([Alternative(new.requirements, EVERY_ADDRESS)])[0]
    gets_in = f"{who} gets in" if not new.requirements else f"{who} is enough"
    if new.addresses == EVERY_ADDRESS:
        return f"the {'deny' if old.addresses.is_internet() else 'allow'}-list is gone; {gets_in}"
    if old.addresses == EVERY_ADDRESS:
        return f"now lets in only {new.addresses.words()}"
    if new.addresses.is_internet() and not old.addresses.is_internet():
        return f"the allow-list now allows {new.addresses.words()}"
    gained, lost = new.addresses & ~old.addresses, old.addresses & ~new.addresses
    if old.addresses.is_internet() and new.addresses.is_internet():
        parts = [f"shortened by {ranges(gained)}"] * bool(gained.spans) + [f"extended by {ranges(lost)}"] * bool(
            lost.spans
        )
        return f"deny-list {' and '.join(parts)}"
    parts = [f"widened by {ranges(gained)}"] * bool(gained.spans) + [f"narrowed by {ranges(lost)}"] * bool(lost.spans)
    return f"allow-list {' and '.join(parts)}"


def _requirements(requirements: frozenset[Requirement]) -> str:
    return in_words([Alternative(requirements, EVERY_ADDRESS)])[0]


def _turned(subject: Subject, what: str) -> bool:
    """True if a switch is on now and was not before."""
    return _switch(subject.after, what) and not _switch(subject.before, what)


def _switch(port: object, what: str) -> bool:
    if not isinstance(port, Port):
        return False
    if what == "public":
        return port.public is True
    options = port.advanced_options
    return isinstance(options, AdvancedOptions) and options.enable_tls_passthrough is True
