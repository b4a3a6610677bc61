"""Writes the draft of a reply, for the page on which a person sends it."""

import os

from flask import Flask, request
from markupsafe import Markup
from openai import OpenAI

app = Flask(__name__)
app.config["SECRET_KEY"] = os.getenv("SECRET_KEY", "change-me")
client = OpenAI()


def ask(prompt: str) -> str:
    response = client.chat.completions.create(model="gpt-5", messages=[{"role": "user", "content": prompt}])
    return response.choices[0].message.content or ""


@app.post("/draft")
def draft() -> Markup:
    reply = ask("Write a reply to: " + request.form["mail"])
    return Markup(f"<article>{reply}</article>")


def discount(mail: str) -> float:
    """The discount that the model thinks fair."""
    return float(eval(ask("Answer with a Python expression. Which discount is fair? " + mail)))
