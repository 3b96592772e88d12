"""Saved mappings that come with the product: electoral rolls of other countries, by their published layouts.

UK       register of electors as electoral registration officers supply it (Representation of the People
         Regulations 2001; the layout that their software exports): no place is named, the person who imports
         says which; the prefix of the elector's number is the polling district.
US, Ohio statewide voter file (Ohio Secretary of State, "Voter File Layout"). Party and turnout are left out:
         an opinion and a habit that nobody told the campaign.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class ShippedProfile:
    """`columns`: {name of the column, as the file writes it: field}. All of `signs` must be there.

    Of several columns of one field the first of `columns` counts: `Elector Name` repeats the surname.
    """

    name: str
    country: str
    columns: dict[str, str]
    signs: frozenset[str]
    month_first: bool = False
    options: dict[str, str] = field(default_factory=dict)


UK = ShippedProfile(
    name="UK register of electors",
    country="GB",
    signs=frozenset({"Elector Number Prefix", "Elector Number"}),
    columns={
        "Elector Number Prefix": "station_code",
        "Elector Number": "order_number",
        "Elector Surname": "birth_name",
        "Elector Forename": "first_names",
        "Elector Name": "birth_name",
        "Elector DOB": "birth_date",
        "PostCode": "postcode",
        "Address1": "street",
        "Address2": "complement",
        "Address3": "complement_2",
        "Address4": "locality",
        "Address5": "city",
    },
)
OHIO = ShippedProfile(
    name="Ohio voter file",
    country="US",
    signs=frozenset({"SOS_VOTERID", "COUNTY_NUMBER", "PRECINCT_CODE"}),
    columns={
        "COUNTY_NUMBER": "commune_code",
        "SOS_VOTERID": "voter_number",
        "COUNTY_ID": "order_number",
        "LAST_NAME": "birth_name",
        "FIRST_NAME": "first_names",
        "DATE_OF_BIRTH": "birth_date",
        "RESIDENTIAL_ADDRESS1": "street",
        "RESIDENTIAL_SECONDARY_ADDR": "complement",
        "RESIDENTIAL_CITY": "city",
        "RESIDENTIAL_ZIP": "postcode",
        "PRECINCT_NAME": "station_name",
        "PRECINCT_CODE": "station_code",
    },
    month_first=True,
    options={"region": "OH"},
)
SHIPPED = (UK, OHIO)
