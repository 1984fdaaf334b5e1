"""What a person fills in: the form, and other pieces of a page that answer to a browser.

Each is one anywidget with native controls; its script and style lie in ``assets/``. Forms know the
store and the questions, and no statistics.
"""
