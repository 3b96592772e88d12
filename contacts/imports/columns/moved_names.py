"""Columns of the exports of other programs: what each calls what we know, folded.

NationBuilder   people export; the names are those of its API (apiexplorer.nationbuilder.com, "Person")
Brevo           contact export: attributes of the account and its subscription columns
                (developers.brevo.com, "Export contacts": exportMetadata, exportSubscriptionStatus)
Mailchimp       audience export, a ZIP of subscribed, unsubscribed, cleaned and non-subscribed CSV files
Action Network  report export with the can2_ fields (help.actionnetwork.org); states are OSDI's
CiviCRM         "primary fields" export, by the labels of its fields (civicrm-core, schema/Contact)
"""

from __future__ import annotations

# Refusals, whatever program they come from: a file that nobody recognises must not lose them.
REFUSALS: dict[str, str] = {
    "email blacklisted": "refuses_email",
    "email blacklist": "refuses_email",
    "emailblacklisted": "refuses_email",
    "email blocklisted": "refuses_email",
    "email blocklist": "refuses_email",
    "emailblocklisted": "refuses_email",
    "blacklisted": "refuses_email",
    "blacklist": "refuses_email",
    "blocklisted": "refuses_email",
    "blocklist": "refuses_email",
    "sms blacklisted": "refuses_sms",
    "sms blacklist": "refuses_sms",
    "smsblacklisted": "refuses_sms",
    "sms blocklisted": "refuses_sms",
    "sms blocklist": "refuses_sms",
    "smsblocklisted": "refuses_sms",
    "unsub time": "unsubscribed_on",
    "clean time": "bounced_email",
    "deceased": "refuses_all",
    "is deceased": "refuses_all",
    "decede": "refuses_all",
    "decedee": "refuses_all",
    "ne pas envoyer d e mails": "refuses_email",
    "ne pas envoyer de courriel": "refuses_email",
    "ne pas envoyer de sms": "refuses_sms",
    "ne pas telephoner": "refuses_call",
    "ne pas envoyer de courrier": "refuses_post",
}
NATIONBUILDER: dict[str, str] = {
    "prefix": "civility",
    "middle name": "middle_name",
    "sex": "gender",
    "born at": "birth_date",
    **{f"email{n}": "email" for n in range(1, 5)},
    **{f"email{n} is bad": "bounced_email" for n in range(1, 5)},
    "mobile number": "phone",
    "work phone number": "phone",
    "email opt in": "agrees_email",
    "mobile opt in": "agrees_sms",
    "do not call": "refuses_call",
    "federal donotcall": "refuses_call",
    "do not contact": "refuses_all",
    "unsubscribed at": "unsubscribed_on",
    "tag list": "tags",
    "primary address1": "street_1",
    "primary address2": "complement_1",
    "primary address3": "complement_1",
    "primary zip": "postcode_1",
    "primary city": "city_1",
    "primary country": "country_1",
    "mailing address1": "street_2",
    "mailing address2": "complement_2",
    "mailing zip": "postcode_2",
    "mailing city": "city_2",
    "mailing country": "country_2",
}
BREVO: dict[str, str] = {
    "sms": "phone",
    "landline number": "phone",
    "email marketing": "state_email",
    "email status": "state_email",
    "sms marketing": "state_sms",
    "sms status": "state_sms",
    "double opt in": "agrees_email",
    "opt in": "agrees_email",
    "optin time": "collected_on",
    "double opt in date": "collected_on",
}
MAILCHIMP: dict[str, str] = {
    "address": "full_address_1",
    "phone number": "phone",
    "zip code": "postcode_1",
    "optin time": "collected_on",
    "confirm time": "collected_on",
    "optin ip": "consent_proof",
    "confirm ip": "consent_proof",
    "source": "consent_proof",
    "unsub reason": "state_email",
    "mailchimp list": "state_email",  # of the names of the files of its archive
    "tags": "tags",
}
ACTION_NETWORK: dict[str, str] = {
    "can2 phone": "phone",
    "phone number": "phone",
    "can2 user address": "street_1",
    "street address": "street_1",
    "can2 user city": "city_1",
    "zip code": "postcode_1",
    "can2 user country": "country_1",
    "can2 user tags": "tags",
    "can2 subscription date": "collected_on",
    "can2 subscription status": "state_email",
    "subscription status": "state_email",
    "can2 sms status": "state_sms",
    "mobile subscription status": "state_sms",
    "can2 language": "language",
}
CIVICRM: dict[str, str] = {
    "individual prefix": "civility",
    "first name": "first_name",
    "middle name": "middle_name",
    "last name": "last_name",
    "birth date": "birth_date",
    "gender": "gender",
    "preferred language": "language",
    "street address": "street_1",
    "supplemental address 1": "complement_1",
    "supplemental address 2": "complement_1",
    "postal code": "postcode_1",
    "city": "city_1",
    "country": "country_1",
    "phone": "phone",
    "email": "email",
    "do not email": "refuses_email",
    "no bulk emails user opt out": "refuses_email",
    "do not sms": "refuses_sms",
    "do not phone": "refuses_call",
    "do not mail": "refuses_post",
    "on hold": "bounced_email",
    "group s": "lists",
    "tag s": "tags",
}
# A column that only repeats one of several others: NationBuilder's main e-mail is one of email1 to email4.
REPEATED = {"email": "email1"}
