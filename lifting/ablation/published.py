"""Published numbers that a report puts beside its own, from manifests, always marked as published."""

from __future__ import annotations

from posecap import manifests
from posecap.manifests import Manifest

FAMILY = "published"


class PublishedRow(Manifest):
    """One method's number as its authors state it; `source` says where, `note` under which protocol."""

    method: str
    keypoints: str
    mpjpe: str
    source: str
    note: str


class Published(Manifest):
    """The published numbers of a data set."""

    name: str
    description: str
    rows: tuple[PublishedRow, ...]

    def table(self) -> list[dict[str, str]]:
        """A record a number."""
        return [
            {
                "published": row.method,
                "2D": row.keypoints,
                "MPJPE, mm, as published": row.mpjpe,
                "stated in": row.source,
                "protocol": row.note,
            }
            for row in self.rows
        ]


def published_numbers(dataset: str | None) -> Published | None:
    """What is published for a data set, None where nothing is known here."""
    if dataset not in manifests.names(FAMILY):
        return None
    return manifests.load(FAMILY, str(dataset), Published, "published numbers")
