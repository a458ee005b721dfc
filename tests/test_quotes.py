"""Curly marks in the text of pages, straight ones in code, scripts and addresses."""

import payloads
import pytest
from quotes import curly


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>ReLU's, today&#x27;s, He&#39;s.</p>", "<p>ReLU’s, today’s, He’s.</p>"),
        ("<p>Keras' layer, <code>a['b']</code>'s.", "<p>Keras’ layer, <code>a['b']</code>’s."),
        ('<p>so "both" and (&quot;neither&quot;).</p>', "<p>so “both” and (“neither”).</p>"),
        ('<p><em>a</em>" and "b".</p>', '<p><em>a</em>" and “b”.</p>'),
        ('<a href="it\'s" title="1 > 0">it\'s</a>', '<a href="it\'s" title="1 > 0">it’s</a>'),
        (
            '<i aria-label="It\'s" data-when=\'{"a": 1}\'>',
            '<i aria-label="It’s" data-when=\'{"a": 1}\'>',
        ),
        ("<pre>it's <b>Ann's</b> \"x\"</pre>", "<pre>it's <b>Ann's</b> \"x\"</pre>"),
        ("<script>say('it\\'s', \"x\")</script>", "<script>say('it\\'s', \"x\")</script>"),
        (
            "<!-- it's --><svg><text>ReLU's</text></svg>",
            "<!-- it's --><svg><text>ReLU’s</text></svg>",
        ),
    ],
)
def test_marks_are_curly_in_text_alone(html, expected):
    assert curly(html) == expected == curly(expected)


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("so 4 · s(1 − s) is 15 %", "so 4~·~s(1~−~s) is 15~%"),
        ("if <em>x</em> = 2, a &lt; 3", "if <em>x</em>~=~2, a~&lt;~3"),
        ("2 · <em>x</em> · 3", "2~·~<em>x</em>~·~3"),
        ("<title>Bend? · Bends</title>2 · 3", "<title>Bend? · Bends</title>2~·~3"),
        ("softmax + cross-entropy, on − off", "softmax + cross-entropy, on~−~off"),
        ("1 + 2 + 3 + 4 + 5 + 6 + 7 + 8", "1 +~2 +~3 +~4 +~5 +~6 +~7 +~8"),
        ("1 · (−1) + 2 · 1 + 0.5 · 0 = 1", "1~·~(−1) +~2~·~1 +~0.5~·~0 =~1"),
        ("<math>a</math>, b", '<span class="whole"><math>a</math>,</span> b'),
        ("<code>1 + 2</code> <math><mn>1 = 2</mn></math>", None),
        ('<svg class="a"><text>1 + 2</text></svg><p class="says" id="b">3 = 3</p>', None),
    ],
)
def test_short_sums_stay_in_one_line(html, expected):
    assert curly(html) == (expected or html).replace("~", "\xa0")


def test_short_code_stays_in_one_line():
    code = '<code class="literal"><span class="pre">pip</span> <span class="pre">{}</span></code>'
    assert 'class="literal whole"' in curly(code.format("install"))
    assert 'class="literal"' in curly(code.format("install a-long-name-of-things"))


def test_all_sentences_of_an_explorer_have_the_same_marks(tmp_path):
    states = '{"says":{"v":["ReLU\'s","Keras\' own"]}}'
    figure = (
        '<figure class="bends-explorer" id="one">\n<p class="says">ReLU\'s</p>\n'
        f'<script type="application/json" class="bends-states" data-file="">{states}</script>'
        "\n</figure>"
    )
    assert "ReLU’s" in curly(payloads.move(figure, "", tmp_path))
    (made,) = (tmp_path / payloads.FOLDER).iterdir()
    assert '["ReLU’s","Keras’ own"]' in made.read_text("utf8")
