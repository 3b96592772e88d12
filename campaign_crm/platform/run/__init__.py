"""Starting the product on one machine: `make run`, and what `manage.py` needs before Django."""
