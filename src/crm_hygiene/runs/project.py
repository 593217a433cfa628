"""The project as dbt's manifest has it: what a test tests, who owns it, which marts are at risk."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from crm_hygiene.runs.result import NOBODY_ELSE

# The figures that the marts of a folder feed; another folder is told by its name.
FIGURES = {
    "archetypes": "dirty records by cause",
    "health": "grade, health metrics, hygiene SLAs",
    "history": "trust in the histories",
    "identity": "duplicates",
    "landing": "what is not landed, rejected rows",
    "lifecycle": "clean-up lists",
    "reporting": "impact of the clean-up, reporting drift",
    "root_cause": "top causes, fixes, stop the line",
    "runs": "failure review",
    "signals": "process signals, stage dwell",
    "teams": "team figures",
}


@dataclass
class Project:
    """The project as dbt's manifest has it; empty where there is none yet."""

    nodes: dict[str, dict] = field(default_factory=dict)
    children: dict[str, list[str]] = field(default_factory=dict)
    groups: dict[str, dict] = field(default_factory=dict)

    @classmethod
    def read(cls, target: Path) -> "Project":
        """Read target/manifest.json."""
        manifest = read_json(target / "manifest.json")
        kinds = ("nodes", "sources", "unit_tests", "exposures")
        return cls(
            {key: node for kind in kinds for key, node in manifest.get(kind, {}).items()},
            manifest.get("child_map") or {},
            manifest.get("groups") or {},
        )

    def descendants(self, starts: Iterable[str]) -> set[str]:
        """Return everything that depends on these nodes, and they themselves."""
        found, waiting = set(), list(starts)
        while waiting:
            node = waiting.pop()
            if node not in found:
                found.add(node)
                waiting += self.children.get(node, [])
        return found

    def tested_by(self, node: dict) -> list[str]:
        """Return what a test tests; a model or a seed stands for itself."""
        if node.get("attached_node"):
            return [node["attached_node"]]
        if node["resource_type"] in ("test", "unit_test"):
            return list(node["depends_on"]["nodes"])
        return [node["unique_id"]]

    def owner(self, tested: Iterable[str]) -> str:
        """Return who owns the first of these nodes that has an owner."""
        for node in (self.nodes.get(key, {}) for key in tested):
            config = node.get("config") or {}
            if group := node.get("group") or config.get("group"):
                described = next((g for g in self.groups.values() if g["name"] == group), {})
                return (described.get("owner") or {}).get("name") or group
            if team := (config.get("meta") or {}).get("owner_team"):
                return team
        return NOBODY_ELSE

    def needed_by(self, source: str, column: str) -> str | None:
        """Return what the sources files say needs a landed column, or else its table."""
        node = self.nodes.get(source, {})
        described = (node.get("columns") or {}).get(column, {})
        for each in (described, node):
            if found := ((each.get("config") or {}).get("meta") or {}).get("needed_by"):
                return found
        return None

    def at_risk(self, tested: Iterable[str]) -> tuple[str | None, str | None]:
        """Return the marts that read these nodes, and the figures they feed."""
        marts, figures = set(), set()
        for key in self.descendants(tested):
            folders = Path(self.nodes.get(key, {}).get("original_file_path", "")).parts
            if key.startswith("model.") and folders[:2] == ("models", "marts"):
                marts.add(self.nodes[key]["name"])
                figures.add(FIGURES.get(folders[2], folders[2].replace("_", " ")))
        return ", ".join(sorted(marts)) or None, ", ".join(sorted(figures)) or None


def read_json(path: Path) -> dict:
    """Return what a JSON file holds; nothing where it is not there or was cut off."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
