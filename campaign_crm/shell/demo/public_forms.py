"""A petition, a survey and a form for volunteers, as a campaign has them beside its sign-up form."""

from __future__ import annotations

from campaign_crm.platform.models import User
from campaign_crm.shell.demo.plan import Plan
from tracking.enums import FormKind
from tracking.models import Form
from tracking.services.forms import publish_form, save_draft, start_form

LANGUAGE = "fr"
BEGAN = {FormKind.PETITION: 70, FormKind.SURVEY: 40, FormKind.VOLUNTEER: 90}  # days ago
TITLES = {
    FormKind.PETITION: "Un médecin dans chaque canton",
    FormKind.SURVEY: "Ce qui compte près de chez vous",
    FormKind.VOLUNTEER: "Donner un coup de main",
}
WHY = (
    "Près de chez nous, il faut attendre des semaines pour voir un généraliste. Nous demandons que chaque"
    " canton garde au moins un cabinet ouvert."
)


def make_public_forms(plan: Plan, by: User) -> dict[str, int]:
    """Make, or find, the three forms; gives their ids by kind."""
    return {kind.value: _form(plan, kind, by).pk for kind in TITLES}


def _form(plan: Plan, kind: FormKind, by: User) -> Form:
    found = Form.objects.filter(title=TITLES[kind], kind=kind).first()
    if found is not None:
        return found
    form = start_form(kind=kind, title=TITLES[kind], language=LANGUAGE, by=by)
    blocks = [_said(block) for block in form.draft["blocks"]]
    form = save_draft(form=form, content=form.draft | {"blocks": blocks}, revision=form.revision, by=by)
    version = publish_form(form=form, by=by)
    version.published_at = plan.at(BEGAN[kind], 9)
    version.save(update_fields=["published_at"])
    Form.objects.filter(pk=form.pk).update(created_at=version.published_at)
    return form


def _said(block: dict[str, object]) -> dict[str, object]:
    """The petition says what it asks for; its goal is near."""
    if block["type"] == "text":
        return block | {"text": {LANGUAGE: WHY}}
    return block | {"goal": 500} if block["type"] == "counter" else block
