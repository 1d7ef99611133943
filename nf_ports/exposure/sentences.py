"""Changes in sentences: one line each, the port and the paths first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from nf_ports.exposure.addresses import EVERY_ADDRESS, joined
from nf_ports.exposure.checks import Entry, is_private
from nf_ports.exposure.differences import Difference
from nf_ports.exposure.tables import Claim, Term
from nf_ports.exposure.words import EVERYONE_WORDS, SOME, either, in_words, listed, shown
from nf_ports.ports.port import AdvancedOptions, Port

_ENTRANCES: Final[dict[Entry, str]] = {
    "internet": "the internet",
    "internal": "callers of the same or linked projects by the public name",
    "vpc": "the private load balancer",
    "private": "the private network",
}


class Case(NamedTuple):
    """What a sentence is about: a port before and after, some paths, a way in, and what is not certain."""

    port: str
    entry: Entry
    region: str
    before: object
    after: object
    old_name: str
    open: tuple[str, ...]
    not_known: tuple[str, ...]


def prefix(port: str, entry: Entry, region: str) -> str:
    """Port and paths, and the way in where it is not the internet."""
    parts = [f'port "{shown(port)}"' if port else "all ports", *filter(None, [region])]
    if entry != "internet":
        parts.append(f"for {_ENTRANCES[entry]}" if entry == "internal" else f"on {_ENTRANCES[entry]}")
    return ", ".join(parts)


def access_sentence(case: Case, found: Difference) -> str:
    """What happens to who gets in."""
    aimed = found.verb in {"opened", "closed"}
    text = f"{prefix(case.port, 'internet' if aimed else case.entry, case.region)}: {_says(case, found)}"
    if case.open and found.verb != "unchanged" and found.gained + found.lost:
        text += f" (read {'strictly' if found.by_reading else 'loosely'}: {'; '.join(case.open)})"
    if case.old_name and case.old_name != case.port:
        text += f' (renamed from "{shown(case.old_name)}")'
    return text


def _says(case: Case, found: Difference) -> str:
    if not found.exact and found.verb != "unknown":
        return "unchanged" if found.verb == "unchanged" else "changed; it has too many checks to compare exactly"
    if found.verb == "unknown":
        return _unknown(case, found)
    if found.verb == "unchanged":
        return _unchanged(case, found)
    says = [_verbs(case, found)] if found.gained or found.lost else []
    if found.rotated:
        says.append(new_secrets(found.rotated))
    if found.patterns:
        says.append(f"another pattern, which may match more, is asked of {listed(found.patterns, 'and')}")
    return "; ".join(says)


def new_secrets(whose: Sequence[str]) -> str:
    """The part of a sentence that says whose secret is new."""
    return f"{listed(whose, 'and')} {'get' if len(whose) > 1 else 'gets'} a new secret"


def _unknown(case: Case, found: Difference) -> str:
    becomes = "becomes public, and " if _turned(case, "public") else ""
    sure = f"lets in {either(in_words(found.gained))}, and " if found.gained else ""
    if case.not_known:
        reasons = f": {'; '.join(case.not_known)}" if case.port else ""
        return f"{becomes}{sure}who {'else ' if sure else ''}gets in is not known yet{reasons}"
    return f"{becomes}{sure}whether {listed(found.rotated, 'or')} gets a new secret is not known yet"


def _unchanged(case: Case, found: Difference) -> str:
    if found.after:
        return f"unchanged: {either(in_words(found.after))}"
    before, after = is_private(case.before), is_private(case.after)
    if case.before is None:
        return "new, and private" if after else "new, and lets nobody in"
    if case.after is None:
        return "removed; it was private" if before else "removed; it let nobody in"
    return "stays private" if before and after and not case.region else "unchanged: nobody"


def _verbs(case: Case, found: Difference) -> str:
    entrance = _ENTRANCES[case.entry]
    before, now = found.before or (), found.after or ()
    was, after = either(in_words(before)), either(in_words(now))
    if found.verb == "opened":
        for_ = "" if after == EVERYONE_WORDS else "for "
        return f"opened to {entrance}" + (f", {for_}{after}" if found.after else "; for whom is not known yet")
    if found.verb == "closed":
        gone = "removed" if case.after is None else f"closed to {entrance}"
        return f"{gone}; it let in {was}" if before else gone
    if not before or not now:
        return _gains_and_losses(found, before, now)
    if _turned(case, "passthrough") and found.gained:
        return f"TLS passthrough switches off logins, headers and path rules; {after} gets in"
    says = _one_to_one(before, now) if len(before) == len(now) == 1 and SOME not in (*before, *now) else ""
    if not says and found.verb == "widened" and after == EVERYONE_WORDS:
        says = f"no longer asks for {was}; everyone gets in"
    if not says and found.verb == "narrowed" and was == EVERYONE_WORDS:
        says = f"now asks for {after}"
    return says or _gains_and_losses(found, before, now)


def _gains_and_losses(found: Difference, before: Sequence[Term], now: Sequence[Term]) -> str:
    common = {term.claims for term in before} & {term.claims for term in now}
    different = {term.claims for term in (*found.gained, *found.lost)}
    if len(different) == 1 and different <= common - {SOME.claims}:
        parts = []
        for verb, terms in (("widened", found.gained), ("narrowed", found.lost)):
            if terms:
                parts.append(f"{verb} by {joined(term.addresses for term in terms).words()}")
        return f"allow-list {' and '.join(parts)}"
    parts = []
    if found.gained:
        parts.append(f"now also lets in {either(in_words(found.gained))}")
    if found.lost:
        parts.append(f"no longer lets in {either(in_words(found.lost))}")
    return "; ".join(parts)


def _one_to_one(before: Sequence[Term], after: Sequence[Term]) -> str:
    """The sentence where one way in becomes another that differs in one respect; empty where there is none."""
    (old,), (new,) = before, after
    if old.claims == new.claims:
        return _by_address(old, new)
    if old.addresses != new.addresses:
        return ""
    gets_in = in_words([new])[0]
    if new.claims < old.claims:
        says = f"no longer asks for {_claims(old.claims - new.claims)}"
        return f"{says}; {gets_in} {'is enough' if new.claims else 'gets in'}"
    if new.claims > old.claims:
        return f"now asks for {_claims(new.claims - old.claims)}"
    return ""


def _by_address(old: Term, new: Term) -> str:
    who = in_words([Term(new.claims, EVERY_ADDRESS)])[0]
    gets_in = f"{who} gets in" if not new.claims else f"{who} is enough"
    if new.addresses == EVERY_ADDRESS:
        return f"the {'deny' if old.addresses.is_internet() else 'allow'}-list is gone; {gets_in}"
    if old.addresses == EVERY_ADDRESS:
        return f"now lets in only {new.addresses.words()}"
    if new.addresses.is_internet() and not old.addresses.is_internet():
        return f"the allow-list now has {new.addresses.words()}"
    gained, lost = new.addresses & ~old.addresses, old.addresses & ~new.addresses
    if old.addresses.is_internet() and new.addresses.is_internet():
        parts = [f"shortened by {gained.words()}"] * bool(gained.spans) + [f"extended by {lost.words()}"] * bool(
            lost.spans
        )
        return f"deny-list {' and '.join(parts)}"
    parts = [f"widened by {gained.words()}"] * bool(gained.spans) + [f"narrowed by {lost.words()}"] * bool(lost.spans)
    return f"allow-list {' and '.join(parts)}"


def _claims(claims: frozenset[Claim]) -> str:
    return in_words([Term(claims, EVERY_ADDRESS)])[0]


def _turned(case: Case, what: str) -> bool:
    """Whether a switch is on now and was not before."""
    return _switch(case.after, what) and not _switch(case.before, what)


def _switch(port: object, what: str) -> bool:
    if not isinstance(port, Port):
        return False
    if what == "public":
        return port.public is True
    options = port.advanced_options
    return isinstance(options, AdvancedOptions) and options.enable_tls_passthrough is True
