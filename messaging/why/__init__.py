"""“Why did you write to me?”: answered from what the ledger kept when a message left.

finding.py   the messages that a Message-ID, a provider's number, a key or an address names
reasons.py   what allowed one of them: source, basis, consent, notice, rules, criteria
answers.py   the words for the person, in French and English
"""
