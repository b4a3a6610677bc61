"""The declaration of an agent beside its code: is what it promises said, still valid, and true?"""
