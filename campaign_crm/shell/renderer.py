"""How Django forms draw themselves: with our fields (`templates/crm/components/field.html`)."""

from django.forms.renderers import TemplatesSetting


class CrmRenderer(TemplatesSetting):
    """`{{ form }}` and `{{ field.as_field_group }}` give the design system's markup."""

    form_template_name = "crm/components/form.html"
    field_template_name = "crm/components/field.html"
