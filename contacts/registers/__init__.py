"""Documents of data protection, filled in from the real settings of the installation.

documents.py   the register of processing (Article 30) and the impact assessment (Article 35)
service.py     the organisation's own words in them; an incident from its discovery to its end
concerned.py   who a breach concerns, counted
notices.py     drafts of what is told to the authority and to people
page.py        a document as one HTML file, to print or to keep
"""
