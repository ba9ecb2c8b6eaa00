"""Who may see what: audiences and the rules that go with them."""

from __future__ import annotations

import enum
from dataclasses import asdict, dataclass
from typing import Any

from geo_pora.errors import InputError, RefusedError

LEAST_RELEASE_THRESHOLD = 3


class Audience(enum.StrEnum):
    """Who a table is for.

    `TEAM` is people who are signed in. `RELEASE` is everybody else: a file, a
    print, a link or an API answer that can leave the team.
    """

    TEAM = "team"
    RELEASE = "release"


@dataclass(frozen=True)
class Policy:
    """One policy, carried by every table that was made under it.

    Attributes
    ----------
    audience : Audience
    threshold : int
        Counts from 1 to `threshold - 1` are small and are hidden. A release
        has at least 3; the default is 5.
    complementary : bool
        Whether further cells are hidden so that no sum gives a small count
        back. Always so for a release.
    hides_zeros : bool
        Whether some zeros are hidden too, because earlier releases leave no other way.
        Where it is not so, a reader knows that a hidden count is at least 1.

    Raises
    ------
    RefusedError
        For a release with a threshold below 3 or without complementary
        suppression.
    """

    audience: Audience
    threshold: int = 5
    complementary: bool = True
    hides_zeros: bool = False

    def __post_init__(self) -> None:
        if self.threshold < 1:
            raise InputError(f"a threshold of {self.threshold} hides nothing: use 1 or more")
        if self.audience is not Audience.RELEASE:
            return
        if self.threshold < LEAST_RELEASE_THRESHOLD:
            raise RefusedError(
                f"a release needs a threshold of at least {LEAST_RELEASE_THRESHOLD}, "
                f"not {self.threshold}"
            )
        if not self.complementary:
            raise RefusedError("a release without complementary suppression gives counts back")

    @classmethod
    def team(cls, level: str) -> Policy:
        """Return the team's policy: exact counts, but villages' 1 and 2 as "<3".

        The team sees exact district counts, so this keeps a household off the
        screen and is no protection against subtraction; a release is.
        """
        return cls(Audience.TEAM, 3 if level == "village" else 1, complementary=False)

    @classmethod
    def release(cls, threshold: int = 5) -> Policy:
        """Return the policy of everything that can leave the team."""
        return cls(Audience.RELEASE, threshold)

    @property
    def hidden_label(self) -> str:
        """What a hidden count is shown as: `<3`, `<5`, or that it is hidden."""
        return f"<{self.threshold}" if not self.complementary else "disembunyikan"

    def as_dict(self) -> dict[str, Any]:
        """Return the policy as plain values, for a manifest."""
        return {**asdict(self), "audience": str(self.audience)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Policy:
        """Read what `as_dict` wrote."""
        return cls(**{**values, "audience": Audience(values["audience"])})
