"""Fixes: what findings say would mend them becomes edits of texts, and on demand of files.

Takes findings with their remedies and the texts of files; gives findings with `fixes`. Edits of Python are made with
libcst, those of documents in place by the spans of their nodes; nothing here knows a framework or a product.
"""
