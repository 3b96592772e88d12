"""What people ask of their data, and how it is done.

clock.py      when an answer is due, and when the team is reminded
service.py    a request from its arrival to its answer
reminders.py  words to whoever handles requests, as the day comes near
"""
