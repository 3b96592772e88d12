"""Adding many triggers in one migration: a trigger changes no model, so no model is built anew for it.

`makemigrations` writes `pgtrigger.migrations.AddTrigger`, which is right and fine for a few; for each it
builds every related model again, a second a trigger on a slow machine.
"""

from __future__ import annotations

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState
from pgtrigger import compiler
from pgtrigger.migrations import AddTrigger


class AddTriggerAlone(AddTrigger):
    """`AddTrigger` that leaves the models as they are built."""

    trigger: compiler.Trigger

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        options = state.models[app_label, self.model_name].options
        options["triggers"] = [*options.get("triggers", []), self.trigger]

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        schema_editor.execute(self.trigger.install_sql, params=None)  # it holds percent signs of its own

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        schema_editor.execute(self.trigger.uninstall_sql, params=None)
