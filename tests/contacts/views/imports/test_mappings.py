"""Saved mappings on screen: saved at the columns step, recognised on the next file, changed and deleted."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import Client

from contacts.models import Import, MappingProfile, Source

pytestmark = pytest.mark.django_db

DELIVERY = "REF;LIBELLE;ADR\n1;Martin;lea@example.org\n"
SAVED = {"column_1": "last_name", "column_2": "email", "save_as": "Exempla"}


@pytest.fixture
def saved(uploaded: Callable[..., Import], staff: Client, book: Source) -> MappingProfile:
    run = uploaded(DELIVERY, source=book)
    assert staff.post(f"/imports/{run.pk}/columns/", SAVED).status_code == 302
    return MappingProfile.objects.get()


def test_next_delivery_is_recognised_and_says_so(
    saved: MappingProfile, send: Callable[..., HttpResponse], staff: Client, book: Source
) -> None:
    send(DELIVERY.replace("Martin", "Petit"), name="april.csv")
    run = Import.objects.get(file_name="april.csv")
    assert (run.source, run.mapping) == (book, {"1": "last_name", "2": "email"})
    assert "saved mapping “Exempla”" in staff.get(f"/imports/{run.pk}/file/").content.decode()
    assert "saved mapping “Exempla” is applied" in staff.get(f"/imports/{run.pk}/columns/").content.decode()


def test_saved_mapping_is_listed_changed_and_deleted(saved: MappingProfile, staff: Client) -> None:
    page = staff.get("/imports/mappings/").content.decode()
    assert "Exempla" in page
    assert "Ohio voter file" in page
    address = f"/imports/mappings/{saved.pk}/"
    assert "libelle" in staff.get(address).content.decode()
    changed = {"name": "Exempla, monthly", "month_first": "yes"}
    changed |= {"column_0": "email", "column_1": "", "column_2": "full_name"}  # adr, ref, libelle
    assert staff.post(address, changed).status_code == 302
    saved.refresh_from_db()
    assert (saved.name, saved.columns["libelle"], saved.month_first) == (
        "Exempla, monthly",
        "full_name",
        True,
    )
    assert staff.post(address, changed | {"name": ""}).status_code == 422
    staff.post(address, {"action": "delete"})
    assert not MappingProfile.objects.exists()


def test_a_roll_from_abroad_takes_its_place_from_the_columns_step(
    uploaded: Callable[..., Import], staff: Client, roll_source: Source
) -> None:
    header = "Elector Number Prefix,Elector Number,Elector Surname,Elector Forename,PostCode,Address1"
    run = uploaded(f"{header}\nKA1,1,Martin,Lea,NW1 1AA,1 Example Street\n", source=roll_source)
    assert (run.kind, run.options["country"]) == ("roll", "GB")
    address = f"/imports/{run.pk}/columns/"
    chosen = {f"column_{index}": field for index, field in run.mapping.items()} | {"country": "gb"}
    assert "lacks the commune" in staff.post(address, chosen).content.decode()
    assert staff.post(address, chosen | {"country": "England"}).status_code == 422
    assert staff.post(address, chosen | {"place_name": "Camden"}).status_code == 302


def test_a_mapping_tells_how_its_files_are_read_and_forgets_it(
    uploaded: Callable[..., Import], send: Callable[..., HttpResponse], staff: Client, book: Source
) -> None:
    run = uploaded(DELIVERY, source=book)
    staff.post(f"/imports/{run.pk}/file/", {"action": "read_again", "encoding": "cp850", "delimiter": ";"})
    staff.post(f"/imports/{run.pk}/columns/", SAVED)
    profile = MappingProfile.objects.get()
    address = f"/imports/mappings/{profile.pk}/"
    assert "Encoding: DOS (850) · Separator: “;”" in staff.get(address).content.decode()
    send(DELIVERY.replace("Martin", "Lefèvre"), name="april.csv")
    other = Import.objects.get(file_name="april.csv")
    for step in ("file", "columns"):
        page = staff.get(f"/imports/{other.pk}/{step}/").content.decode()
        assert "reads its files as DOS (850); this one is read as UTF-8." in page
    staff.post(address, {"name": "Exempla", "column_1": "last_name", "forget_reading": "yes"})
    profile.refresh_from_db()
    assert profile.reading == {}
    assert "How its files are read" not in staff.get(address).content.decode()
