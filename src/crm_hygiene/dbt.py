"""dbt in this process: the project is parsed once, whatever is asked of it afterwards."""

import contextlib
import json
import os
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crm_hygiene.project import ROOT

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunnerResult
    from dbt.contracts.graph.manifest import Manifest

# Lines that say of what kind an error is, and through which macros it came.
NOISE = ("Compilation Error", "Runtime Error", "Database Error", "> in ", "> called ")


class DbtError(Exception):
    """Why dbt stopped, in a few words."""


class Dbt:
    """dbt for one target and one set of variables."""

    def __init__(
        self,
        target: str = "duckdb",
        variables: dict[str, Any] | None = None,
        manifest: "Manifest | None" = None,
    ):
        """Take a manifest that is parsed already, if there is one."""
        self.target = target
        self.variables = variables or {}
        os.environ.setdefault("DO_NOT_TRACK", "1")
        if manifest:
            self.manifest = manifest

    @property
    def profiles(self) -> Path:
        """The folder of profiles.yml."""
        return ROOT / os.environ.get("DBT_PROFILES_DIR", "profiles")

    @property
    def options(self) -> list[str]:
        """The options that every command is given."""
        given = ["--vars", json.dumps(self.variables, default=str)] if self.variables else []
        place = ["--project-dir", str(ROOT), "--profiles-dir", str(self.profiles)]
        return [*place, "--target", self.target, *given]

    @cached_property
    def manifest(self) -> "Manifest":
        """The parsed project."""
        return self.parse()

    def parse(self, *flags: str) -> "Manifest":
        """Parse the project, or what of it changed since it was parsed last."""
        parsed = self.invoke(*flags, "parse", manifest=None)
        if not parsed.success:
            raise DbtError(reason(parsed.exception))
        self.manifest = parsed.result
        return parsed.result

    def run(self, command: str, *arguments: str) -> "dbtRunnerResult":
        """Run a command quietly: warnings, errors and what the project itself prints."""
        return self.invoke(command, *arguments, manifest=self.manifest)

    def ask(self, macro: str) -> Any:
        """Return what a macro prints as JSON; it may look into the warehouse."""
        printed: list[str] = []

        def listen(event: Any) -> None:
            if event.info.name == "PrintEvent":
                printed.append(event.data.msg)

        # The log and the artifacts are for those who look for what stopped a run.
        silent = ["--log-level", "none", "--log-level-file", "none"]
        operation = ["run-operation", macro, "--no-write-json"]
        answer = self.invoke(*silent, *operation, manifest=self.manifest, listener=listen)
        if not answer.success:
            results = getattr(answer.result, "results", None)
            raise DbtError(reason(results[0].message if results else answer.exception))
        return json.loads(printed[-1])

    def invoke(
        self,
        *arguments: str,
        manifest: "Manifest | None",
        listener: Callable[[Any], None] | None = None,
    ) -> "dbtRunnerResult":
        """Run a command on a parsed project, or parse it first."""
        # Imported here: dbt is slow to load.
        from dbt.cli.main import dbtRunner

        share_contexts()
        runner = dbtRunner(manifest, [listener] if listener else None)
        with contextlib.chdir(ROOT):
            return runner.invoke(["--quiet", "--no-use-colors", *arguments, *self.options])

    def engine_type(self) -> str:
        """Return the kind of warehouse of the target; its adapter need not be installed."""
        from dbt.config.profile import read_profile
        from dbt.config.project import load_raw_project

        profile = read_profile(str(self.profiles))[load_raw_project(str(ROOT))["profile"]]
        if self.target not in profile["outputs"]:
            raise DbtError(f"profiles.yml has no target {self.target!r}.")
        return profile["outputs"][self.target]["type"]

    def credentials(self) -> Any:
        """Return how dbt connects to the target."""
        from dbt.config.profile import Profile, read_profile
        from dbt.config.project import load_raw_project
        from dbt.config.renderer import ProfileRenderer
        from dbt_common.context import set_invocation_context

        # A profile is rendered as one of dbt's commands does, with the environment.
        set_invocation_context(os.environ)
        name = load_raw_project(str(ROOT))["profile"]
        target, rendered = Profile.render_profile(
            read_profile(str(self.profiles))[name],
            name,
            self.target,
            ProfileRenderer(self.variables),
        )
        return Profile._credentials_from_profile(rendered, name, target)


def share_contexts() -> None:
    """Let the arguments of a test be rendered in the context of its node, as its SQL is.

    For each argument dbt 1.12 copies the context, with every macro of the project in it: a third of
    the time of all tests.
    """
    from dbt_common.clients.jinja import MacroFuzzTemplate, NativeSandboxTemplate

    NativeSandboxTemplate.new_context = MacroFuzzTemplate.new_context


def reason(error: object) -> str:
    """Return what an error of dbt says, without where in dbt it was raised."""
    lines = (line.strip() for line in str(error).strip().splitlines())
    return " ".join(line for line in lines if line and not line.startswith(NOISE))
