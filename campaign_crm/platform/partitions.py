"""Tables partitioned by month, from their first migration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState


class CreatePartitionedModel(migrations.CreateModel):
    """`CreateModel` whose table is PARTITION BY RANGE on `partition_column`."""

    def __init__(self, *args: Any, partition_column: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.partition_column = partition_column

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        name, args, kwargs = super().deconstruct()
        return name, args, {**kwargs, "partition_column": self.partition_column}

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        plain_table_sql = schema_editor.table_sql

        def partitioned_table_sql(model: Any) -> tuple[str, Any]:
            sql, parameters = plain_table_sql(model)
            return f"{sql} PARTITION BY RANGE ({self.partition_column})", parameters

        schema_editor.table_sql = partitioned_table_sql  # type: ignore[method-assign]
        try:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        finally:
            schema_editor.table_sql = plain_table_sql  # type: ignore[method-assign]
