"""The chooser to look at: native controls over the data of `choose`.

On the page every piece of advice is a `<details>` with the condition under which it holds. Without
the script they stand there to be opened. `_static/choose.js` keeps the first of each group whose
condition holds, by the same rule as `choose.holds`. With a kernel the controls are ipywidgets.
"""

import json
import re
from html import escape

from IPython.display import HTML, display

from .._arguments import face
from . import (
    ANSWERS,
    CONFIDENCE,
    IDLE,
    OPTIMIZERS,
    QUESTIONS,
    RULES,
    choose,
    end_code,
    hidden_code,
    named,
    sure,
)

FRAMEWORK = "In which framework?"
COMMENT = re.compile(r"(# .*)$")


def show_chooser():
    """Show the questions, and the recommendation that follows from the answers."""
    if face() == "text":
        print(choose())
    elif face() == "page":
        display(HTML(page()))
    else:
        display(widget())


def widget():
    """A menu for each question, and below it the recommendation with its code, as text."""
    import ipywidgets as widgets

    def show(framework, **said):
        recommendation = choose(**said)
        print(f"{recommendation}\n\n{recommendation.code[framework]}")

    asked = {
        name: (question["title"], [(text, value) for value, text in question["values"].items()])
        for name, question in QUESTIONS.items()
    }
    asked["framework"] = FRAMEWORK, list(OPTIMIZERS)
    width = max(len(title) for title, _ in asked.values()) * 0.55  # in em: letters of a wide font
    menus = {
        name: widgets.Dropdown(
            options=options,
            description=title,
            style={"description_width": f"{width}em"},
            layout={"width": f"calc({width}em + 350px)", "max_width": "100%"},
        )
        for name, (title, options) in asked.items()
    }
    return widgets.VBox([*menus.values(), widgets.interactive_output(show, menus)])


def page():
    """The chooser as HTML."""
    menus = [menu(name, q["title"], q["values"], q["short"]) for name, q in QUESTIONS.items()]
    menus.append(menu("framework", FRAMEWORK, {f: f for f in OPTIMIZERS}))
    hidden = [advice(rule, rule["title"], hidden_facts(rule), hidden_code) for rule in RULES]
    ends = [
        advice(end | {"when": {"answer": [name]}}, end["end"], end_facts(end), end_code)
        for name, end in ANSWERS.items()
    ]
    return "\n".join(
        [
            '<div class="bends-chooser" id="choose">',
            '<div class="says" aria-live="polite"></div>',
            '<fieldset aria-label="What you build">',
            *menus,
            '<a class="state-link" href="#choose">Link to this choice</a></fieldset>',
            f'<p class="idle" data-says="{IDLE}"></p>',
            '<div class="group" data-of="In the hidden layers">',
            *hidden,
            '</div><div class="group" data-of="At the end">',
            *ends,
            "</div></div>",
        ]
    )


def menu(name, title, values, short=None):
    """One question as a native menu; `short` names it where it makes no difference."""
    short = f' data-short="{escape(short)}"' if short else ""
    options = "".join(f'<option value="{v}">{escape(text)}</option>' for v, text in values.items())
    return (
        f'<label for="choose-{name}">{escape(title)}</label>'
        f'<select id="choose-{name}" name="{name}"{short} autocomplete="off">{options}</select>'
    )


def advice(entry, title, facts, code):
    """One piece of advice with its condition, its facts and its lines in each framework."""
    lines = code_blocks(entry, code)
    if second := entry.get("second"):
        lines += f"<p><b>Second choice</b>: {escape(second['title'])}.</p>"
        lines += code_blocks(entry | second, code)
    return (
        f'<details data-when="{escape(json.dumps(entry["when"]))}" data-title="{escape(title)}">'
        f"<summary>{escape(condition(entry['when']))}: <b>{escape(title)}</b></summary>"
        f"{facts}{lines}</details>"
    )


def code_blocks(entry, code):
    """The lines of a piece of advice, a block for each framework, as other code on the page."""
    return "".join(
        f'<div data-framework="{f}"><p>{f}</p><div class="highlight"><pre tabindex="0"><code>'
        + "\n".join(map(inked, code(entry, f)))
        + "</code></pre></div></div>"
        for f in OPTIMIZERS
    )


def inked(line):
    """A line of code as HTML, its comment marked as Pygments marks one."""
    return COMMENT.sub(r'<span class="c1">\1</span>', escape(line))


def condition(when):
    """When a rule holds, in words."""
    parts = [" or ".join(map(QUESTIONS[q]["values"].get, values)) for q, values in when.items()]
    text = "; ".join(parts) or "the usual case"
    return text[0].upper() + text[1:]


def hidden_facts(rule):
    """A rule's start, reason, evidence and confidence."""
    sources = ", ".join(map(linked, rule["evidence"]))
    confidence = rule["confidence"]
    return (
        f"<p>{escape(rule['reason'])}</p>"
        f"<p><b>Initialisation</b>: {escape(rule['initialiser'])}. "
        f"<b>Learning rate to start with</b>, for Adam: {rule['rate']:g}.</p>"
        f"<p><b>{confidence.capitalize()}</b>: {CONFIDENCE[confidence]}. Evidence: {sources}.</p>"
    )


def end_facts(end):
    """The output function, the loss and the reason of a kind of answer."""
    sources = ", ".join(map(linked, end["evidence"]))
    proved = sure(end) == "proved"
    meaning = "that the two belong together" if proved else CONFIDENCE[sure(end)]
    return (
        f"<p><b>Output function</b>: {escape(end['output'])}. "
        f"<b>Loss</b>: {escape(end['loss'])}.</p>"
        f"<p>{escape(end['why'])}</p>"
        f"<p><b>{sure(end).capitalize()}</b>: {meaning}. Evidence: {sources}.</p>"
    )


def linked(evidence):
    """A piece of evidence as a link from a chapter's page."""
    kind, _, name = evidence.partition("/")
    page = {"chapters": f"{name}.html", "source": "../back/sources.html"}.get(kind)
    return f'<a href="{page}">{named(evidence)}</a>' if page else escape(named(evidence))
