# Everything a newcomer types. `make run` needs only Python 3.11 or newer; the rest installs itself into .venv.
SHELL := /bin/sh
PY := .venv/bin/python
PYTEST := $(PY) -m pytest

.PHONY: help run demo test check bench faults backup restore install install-dev messages

help:
	@echo "make run                     run Campaign CRM on this machine (PORT=8000)"
	@echo "make demo                    the same, filled with invented people"
	@echo "make backup                  one archive of database, uploads and keys (FILE=path to choose it)"
	@echo "make restore FILE=archive    replace the database, uploads and keys by a backup"
	@echo "make test                    all tests (ONLY=words to choose some)"
	@echo "make check                   style, types, imports, migrations, translations, templates"
	@echo "make faults                  the long fault tests"
	@echo "make bench                   benchmarks (ONLY=import, SIZE=small|full)"

install:
	@scripts/venv requirements.txt

install-dev:
	@scripts/venv requirements.txt requirements-dev.txt

messages:
	@$(PY) -m tools.messages compile

run: install messages
	@exec $(PY) -m campaign_crm.platform.run

demo: install messages
	@exec $(PY) -m campaign_crm.platform.run --demo

test: install-dev messages
	@CHROMIUM_PATH="$$($(PY) -m tools.chromium)" && export CHROMIUM_PATH && \
	$(PYTEST) -n 2 --dist loadfile $(if $(ONLY),-k "$(ONLY)")

check: install-dev messages
	@VENV=.venv-audit scripts/venv requirements-audit.txt
	@$(PY) -m tools.check

faults: install-dev messages
	@$(PYTEST) -m slow -rP $(if $(ONLY),-k "$(ONLY)")

# Durable servers of their own: a benchmark without fsync would measure something else.
bench: install-dev messages
	@CHROMIUM_PATH="$$($(PY) -m tools.chromium --if-present)" && export CHROMIUM_PATH && \
	TEST_DIR="$(CURDIR)/var/bench-servers" TEST_DURABLE=1 SIZE="$(or $(SIZE),full)" \
	$(PYTEST) -m benchmark -s $(if $(ONLY),tests/benchmarks/bench_$(ONLY).py,tests/benchmarks)

backup: install
	@$(PY) manage.py backup $(FILE)

restore: install
	@test -n "$(FILE)" || { echo "Say which backup: make restore FILE=var/backups/….tar"; exit 2; }
	@$(PY) manage.py restore "$(FILE)" $(if $(REPLACE),--replace)
