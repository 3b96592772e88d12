"""Each form says the same as before, in blocks: its first version. It confirms as it did, by the link only."""

from django.db import migrations

NAMES = ("first_name", "last_name", "gender")
ADDRESS = {"postcode", "city", "street"}


def _blocks(form):
    asked = set(form.fields)
    blocks = []
    if asked & set(NAMES):
        kept = {name: "no" if name not in asked else "required" for name in NAMES}
        if kept["gender"] == "required":
            kept["gender"] = "optional"
        blocks.append({"id": "identity", "type": "identity", **kept})
    if "email" in asked:
        blocks.append({"id": "email", "type": "email", "required": True, "help": {}})
    if "phone" in asked:
        blocks.append({"id": "phone", "type": "phone", "required": False, "help": {}})
    if asked & ADDRESS:
        extent = "whole" if "street" in asked else "commune"
        blocks.append({"id": "address", "type": "address", "extent": extent, "required": False})
    if form.newsletters.exists():
        blocks.append({"id": "newsletters", "type": "newsletters"})
    for box in form.consents:
        name = f"{box['channel']}_{box['purpose']}"
        blocks.append({"id": name, "type": "consent", "box": f"{box['channel']}:{box['purpose']}"})
    return blocks


def _said(form):
    texts = {
        "title": form.title,
        "introduction": form.introduction,
        "thank_you": form.thank_you,
        "button": "",
    }
    return {
        "languages": [form.language],
        **{name: {form.language: words.strip()} if words.strip() else {} for name, words in texts.items()},
        "redirect": "",
        "blocks": _blocks(form),
    }


def say_as_blocks(apps, schema_editor):
    Form = apps.get_model("tracking", "Form")
    FormVersion = apps.get_model("tracking", "FormVersion")
    for form in Form.objects.all():
        form.draft, form.confirmation = _said(form), "strict"
        form.published = FormVersion.objects.create(
            form=form, number=1, content=form.draft, published_at=form.created_at
        )
        form.save(update_fields=["draft", "confirmation", "published"])
    submissions = apps.get_model("tracking", "Submission").objects
    submissions.filter(data__looks_automatic=True, contact=None).update(state="waiting", reasons=["trap"])


class Migration(migrations.Migration):
    dependencies = [("tracking", "0011_forms_as_blocks")]

    operations = [migrations.RunPython(say_as_blocks, migrations.RunPython.noop)]
