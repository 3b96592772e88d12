"""Our own rules about what may never be done with what somebody sent, read by semgrep.

Each rule must first find its example of the fault, and leave its example of the right way alone: a rule that
finds nothing any more would pass for ever.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RULES = Path(__file__).with_name("rules.yml")
SEMGREP = ROOT / ".venv-audit/bin/semgrep"
FOLDERS = ("campaign_crm", "contacts", "messaging", "tracking")

# For each rule: lines that are at fault, lines that are not.
EXAMPLES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "request-in-sql": (
        ('cursor.execute("SELECT 1 ORDER BY " + request.GET["sort"])', "people.raw(request.POST['q'])"),
        ('cursor.execute("SELECT %s", [request.GET["q"]])',),
    ),
    "request-as-lookups": (
        ("people.filter(**request.GET.dict())", "people.order_by(request.GET['sort'])"),
        ("people.filter(name=request.GET['q'])",),
    ),
    "extra-and-raw": (("people.extra(where=['1=1'])",), ("people.annotate(x=Value(1))",)),
    "request-as-redirect": (
        ("redirect(request.GET['next'])",),
        ("redirect(reverse(request.GET['next']))", "redirect('shell:home')"),
    ),
    "template-from-text": (("django.template.Template(text)",), ("get_template('crm/base.html')",)),
    "marked-safe": (("mark_safe(text)",), ("mark_safe('<br>')",)),
    "unsealed-objects": (("pickle.loads(text)",), ("json.loads(text)",)),
    "certificate-not-checked": (("requests.get(text, verify=False)",), ("requests.get(text)",)),
    "outside-the-walls": (("Contact._base_manager",), ("Contact.objects",)),
}


def main() -> None:
    if not SEMGREP.exists():
        sys.exit("semgrep is not there: make check installs it.")
    faults = [*_rules_that_do_not_work(), *(_said(one) for one in _findings(*FOLDERS))]
    if faults:
        sys.exit("\n".join(faults))


def _rules_that_do_not_work() -> list[str]:
    """A sentence for each example that a rule should find and does not, or finds and should not."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = set()
        for rule, (wrong, right) in EXAMPLES.items():
            lines = [
                "def view(request, cursor, people, text):",
                *(f"    {line}" for line in (*wrong, *right)),
            ]
            (Path(folder) / f"{rule}.py").write_text("\n".join(lines) + "\n", encoding="utf-8")
            wanted |= {(rule, number) for number in range(2, 2 + len(wrong))}
        found = {
            (_rule(one), one["start"]["line"])
            for one in _findings(folder)
            if Path(one["path"]).stem == _rule(one)
        }
    return [
        *(
            f"The rule {rule} does not find its example in line {line}."
            for rule, line in sorted(wanted - found)
        ),
        *(
            f"The rule {rule} finds fault with line {line} of its examples."
            for rule, line in sorted(found - wanted)
        ),
    ]


def _findings(*targets: str) -> list[dict]:  # type: ignore[type-arg]
    done = subprocess.run(
        [
            *(str(SEMGREP), "scan", "--config", str(RULES), "--json", "--quiet", "--no-git-ignore"),
            *("--metrics", "off", "--disable-version-check", "--jobs", "2", *targets),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        told = json.loads(done.stdout)
    except ValueError:
        sys.exit(f"semgrep did not run: {done.stderr[-2000:]}")
    if told["errors"]:
        sys.exit("\n".join(str(error.get("message", error)) for error in told["errors"]))
    found: list[dict] = told["results"]  # type: ignore[type-arg]
    return found


def _rule(found: dict) -> str:  # type: ignore[type-arg]
    return str(found["check_id"]).rsplit(".", 1)[-1]


def _said(found: dict) -> str:  # type: ignore[type-arg]
    return f"{found['path']}:{found['start']['line']}: {_rule(found)}: {found['extra']['message']}"


if __name__ == "__main__":
    main()
